/** `getResourceReference`: a resource inside a tool's answer. It shows a resource, so it needs the scope of resources too. */
import * as z from "zod"
import { numberedContents, numberedUri, RESOURCE_COUNT } from "../resources/numbered.ts"
import type { Feature } from "../server-dependencies.ts"

const inputSchema = z.object({
  resourceId: z.int().min(1).max(RESOURCE_COUNT).describe(`Number of the resource, 1 to ${RESOURCE_COUNT}`),
})

export const getResourceReference: Feature = {
  name: "getResourceReference",
  scopes: ["mcp:resources"],
  register: (server) =>
    void server.registerTool(
      "getResourceReference",
      {
        title: "Get a resource reference",
        description: "Gives a resource that can be used further",
        inputSchema,
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async ({ resourceId }) => ({
        content: [
          { type: "text", text: `This is resource ${resourceId}:` },
          { type: "resource", resource: numberedContents(resourceId) },
          { type: "text", text: `Read it again by its URI: ${numberedUri(resourceId)}` },
        ],
      }),
    ),
}
