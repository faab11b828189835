/** `annotatedMessage`: content that says for whom it is and how much it matters. */
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"
import { tinyImage } from "./get-tiny-image.ts"

const inputSchema = z.object({
  messageType: z.enum(["error", "success", "debug"]).describe("What kind of message"),
  includeImage: z.boolean().default(false).describe("Whether an image comes with it"),
})

const messages = {
  error: { text: "Error: the operation failed", annotations: { priority: 1, audience: ["user", "assistant"] } },
  success: { text: "The operation succeeded", annotations: { priority: 0.7, audience: ["user"] } },
  debug: { text: "Debug: 3 cache hits, 150 ms", annotations: { priority: 0.3, audience: ["assistant"] } },
} satisfies Record<string, { text: string; annotations: { priority: number; audience: ("user" | "assistant")[] } }>

export const annotatedMessage: Feature = {
  name: "annotatedMessage",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "annotatedMessage",
      {
        title: "Annotated message",
        description: "Shows how annotations tell audience and priority of content",
        inputSchema,
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async ({ messageType, includeImage }) => ({
        content: [
          { type: "text", ...messages[messageType] },
          ...(includeImage ? [{ ...tinyImage, annotations: { priority: 0.5, audience: ["user" as const] } }] : []),
        ],
      }),
    ),
}
