/** `echoFromRegion`: a parameter that travels in a header too (`Mcp-Param-Region`), so that a gateway can route by it. */
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const inputSchema = z.object({
  region: z.enum(["eu", "us", "asia"]).meta({ "x-mcp-header": "Region" }).describe("Where the call should be served"),
  message: z.string().describe("What to send back"),
})

export const echoFromRegion: Feature = {
  name: "echoFromRegion",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "echoFromRegion",
      {
        title: "Echo from a region",
        description: "Sends a message back from the region that is named in body and header alike",
        inputSchema,
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async ({ region, message }) => ({ content: [{ type: "text", text: `Echo from ${region}: ${message}` }] }),
    ),
}
