/** `longRunningOperation`: progress, log messages and cancellation. */
import { setTimeout as pause } from "node:timers/promises"
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const inputSchema = z.object({
  duration: z.number().min(0).max(600).default(10).describe("How long it takes, in seconds"),
  steps: z.int().min(1).max(100).default(5).describe("In how many steps"),
})

export const longRunningOperation: Feature = {
  name: "longRunningOperation",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "longRunningOperation",
      {
        title: "Long-running operation",
        description: "Takes its time, and tells how far it is",
        inputSchema,
        annotations: { readOnlyHint: true, openWorldHint: false },
      },
      async ({ duration, steps }, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken
        for (let progress = 1; progress <= steps; progress++) {
          await pause((duration * 1000) / steps, undefined, { signal: mcpReq.signal })
          await mcpReq.log("info", `step ${progress} of ${steps}`, "longRunningOperation")
          if (progressToken === undefined) continue
          const params = { progressToken, progress, total: steps, message: `Step ${progress} of ${steps}` }
          await mcpReq.notify({ method: "notifications/progress", params })
        }
        return { content: [{ type: "text", text: `Done, in ${duration} seconds and ${steps} steps.` }] }
      },
    ),
}
