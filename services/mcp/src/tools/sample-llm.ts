/** `sampleLLM`: asks the client's model (sampling). Written once: the SDK turns the return into a request for 2025 clients. */
import { inputRequired, inputResponse } from "@modelcontextprotocol/server"
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const inputSchema = z.object({
  prompt: z.string().describe("What to ask the model"),
  maxTokens: z.int().min(1).max(4096).default(100).describe("The most it may answer"),
})

export const sampleLlm: Feature = {
  name: "sampleLLM",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "sampleLLM",
      { title: "Sample a model", description: "Asks the language model of the client", inputSchema },
      async ({ prompt, maxTokens }, { mcpReq }) => {
        const answer = inputResponse(mcpReq.inputResponses, "sample")
        if (answer.kind === "sampling") {
          const text = JSON.stringify(answer.result.content)
          return { content: [{ type: "text", text: `The model ${answer.result.model} answered: ${text}` }] }
        }
        const messages = [{ role: "user" as const, content: { type: "text" as const, text: prompt } }]
        return inputRequired({
          inputRequests: { sample: inputRequired.createMessage({ messages, maxTokens, temperature: 0.7 }) },
        })
      },
    ),
}
