/** `echo`: the least that a tool can do. */
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const inputSchema = z.object({ message: z.string().describe("What to send back") })

export const echo: Feature = {
  name: "echo",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "echo",
      {
        title: "Echo",
        description: "Sends a message back",
        inputSchema,
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async ({ message }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
    ),
}
