/** `add`: structured output with a schema. */
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const inputSchema = z.object({ a: z.number().describe("First number"), b: z.number().describe("Second number") })
const outputSchema = z.object({ sum: z.number() })

export const add: Feature = {
  name: "add",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "add",
      {
        title: "Add",
        description: "Adds two numbers",
        inputSchema,
        outputSchema,
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async ({ a, b }) => ({
        content: [{ type: "text", text: `The sum of ${a} and ${b} is ${a + b}.` }],
        structuredContent: { sum: a + b },
      }),
    ),
}
