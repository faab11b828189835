/** Step: without the authorization server remembered tokens keep working, others get 503 with Retry-After, and nobody gets 401. */
import { untilReadyPods } from "../cluster.ts"
import { podsOf } from "../context.ts"
import { statusOf } from "../journey.ts"
import type { Step } from "../step.ts"
import { until } from "../until.ts"

export const authAwayStep: Step = {
  name: "auth scaled to zero: remembered tokens work, others 503, nobody 401",
  run: async (context) => {
    const { cluster } = context
    await context.scaleUp()
    await context.reach()
    const [remembered, ...unseen] = await Promise.all([1, 2, 3, 4, 5].map(() => context.newToken()))
    const first = await statusOf(remembered ?? "")
    if (first.status !== 200) throw new Error(`before: ${first.status}`)
    await cluster.kubectl(["scale", "deployment/auth", "--replicas=0"])
    await until(
      "no pod of auth",
      async () => (await cluster.kubectl(["get", "pods", `--selector=${podsOf("auth")}`, "--output=name"])) === "",
      { timeoutMs: 90_000 },
    )
    const known = await statusOf(remembered ?? "")
    const answers = await Promise.all(unseen.map(statusOf))
    const ready = await cluster.pods(podsOf("mcp"))
    await cluster.kubectl(["scale", "deployment/auth", "--replicas=3"])
    await untilReadyPods(cluster, podsOf("auth"), 3)
    if (known.status !== 200) throw new Error(`a remembered token is answered ${known.status}`)
    const wrong = answers.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null)
    if (wrong.length > 0) throw new Error(`tokens that nobody knows are answered ${JSON.stringify(wrong)}`)
    if (ready.length !== 3) throw new Error(`${ready.length} pods of mcp`)
    const started = performance.now()
    for (const token of unseen)
      await until("the tokens work again", async () => (await statusOf(token)).status === 200, { everyMs: 200 })
    return `1 remembered 200, ${answers.length} others 503, all 200 ${((performance.now() - started) / 1000).toFixed(1)} s after its return`
  },
}
