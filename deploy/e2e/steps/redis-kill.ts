/** Step: Redis goes and comes back. Meanwhile answers are 200 or 503, never 401; afterwards every grant still lives. */
import { callTool, refresh, statusOf } from "../journey.ts"
import { inWords, requireNoFailure, underLoad } from "../load.ts"
import type { Step } from "../step.ts"
import { until } from "../until.ts"

export const redisKillStep: Step = {
  name: "Redis killed and back: 503 at most, never 401, and grants live on",
  run: async (context) => {
    const { cluster } = context
    await context.scaleUp()
    await context.reach()
    const { now, keep } = await context.signedIn()
    let awayMs = 0
    const result = await underLoad(cluster, async () => {
      const killed = performance.now()
      await cluster.kubectl(["delete", "pod", "auth-redis-0", "--grace-period=0", "--force"])
      await cluster.kubectl(["rollout", "status", "statefulset/auth-redis", "--timeout=90s"], { timeoutMs: 100_000 })
      await until("new tokens", () => context.newToken())
      awayMs = performance.now() - killed
    })
    const wrong = Object.keys(result.failures).filter((kind) => !kind.endsWith(" 503"))
    if (wrong.length > 0) throw new Error(`${inWords(result.failures)}\n${result.problems.slice(0, 8).join("\n")}`)
    if (result.withoutRetryAfter > 0) throw new Error(`${result.withoutRetryAfter} answers 503 without Retry-After`)
    const next = await refresh(now)
    keep(next)
    const { status } = await statusOf(next.accessToken)
    if (status !== 200) throw new Error(`a refreshed token is answered ${status}`)
    await (await callTool(next.accessToken)).text()
    const after = await underLoad(cluster, () => Promise.all([1, 2, 3].map(() => context.newToken())))
    requireNoFailure(after)
    return `${result.requests} requests, ${inWords(result.failures)}; tokens again after ${(awayMs / 1000).toFixed(1)} s`
  },
}
