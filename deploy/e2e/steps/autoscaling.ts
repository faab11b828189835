/** Step: under load the autoscaler asks for more pods of the MCP service, and they become ready. */
import { readyPods, untilReadyPods } from "../cluster.ts"
import { podsOf } from "../context.ts"
import { startLoad } from "../load.ts"
import type { Step } from "../step.ts"
import { until } from "../until.ts"

const HEAVY = { known: 250, fresh: 5, token: 1 }
const LEAST = 2

export const autoscalingStep: Step = {
  name: "autoscaling: more ready pods under load",
  run: async (context) => {
    const { cluster } = context
    await context.scaleUp()
    await context.upgrade("mcp", { replicaCount: LEAST })
    await untilReadyPods(cluster, podsOf("mcp"), LEAST)
    await context.upgrade("mcp", {
      "autoscaling.enabled": true,
      "autoscaling.minReplicas": LEAST,
      "autoscaling.maxReplicas": 4,
      "autoscaling.targetCPUUtilizationPercentage": 50,
    })
    const load = await startLoad(cluster, HEAVY)
    const started = performance.now()
    try {
      const more = await until(
        `more than ${LEAST} ready pods`,
        async () => {
          const { length } = await readyPods(cluster, podsOf("mcp"))
          return length > LEAST && length
        },
        { timeoutMs: 150_000, everyMs: 2_000 },
      )
      return `${LEAST} → ${more} ready after ${((performance.now() - started) / 1000).toFixed(0)} s`
    } finally {
      await load.stop()
      await context.upgrade("mcp", { "autoscaling.enabled": false, replicaCount: LEAST })
    }
  },
}
