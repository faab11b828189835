/** `resourcePrompt`: a prompt with a resource in it. It shows a resource, so it needs the scope of resources too. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server"
import * as z from "zod"
import { numberedContents, RESOURCE_COUNT } from "../resources/numbered.ts"
import type { Feature } from "../server-dependencies.ts"

// Arguments of prompts are always text.
const argsSchema = z.object({ resourceId: z.string().describe(`Number of the resource, 1 to ${RESOURCE_COUNT}`) })

export const resourcePrompt: Feature = {
  name: "resourcePrompt",
  scopes: ["mcp:resources"],
  register: (server) =>
    void server.registerPrompt(
      "resourcePrompt",
      { title: "Prompt with a resource", description: "Has a resource embedded in it", argsSchema },
      async ({ resourceId }) => {
        const number = Number(resourceId)
        if (!Number.isInteger(number) || number < 1 || number > RESOURCE_COUNT)
          throw new ProtocolError(ProtocolErrorCode.InvalidParams, `resourceId is a number from 1 to ${RESOURCE_COUNT}`)
        return {
          messages: [
            { role: "user", content: { type: "text", text: `Summarize resource ${number}.` } },
            { role: "user", content: { type: "resource", resource: numberedContents(number) } },
          ],
        }
      },
    ),
}
