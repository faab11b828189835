/** Steps: three replicas of each serve, and an upgrade replaces them without a failed request. */
import { untilReadyPods } from "../cluster.ts"
import { type Context, podsOf, RELEASES, type Release } from "../context.ts"
import { requireNoFailure, underLoad } from "../load.ts"
import type { Step } from "../step.ts"
import { until } from "../until.ts"

/** What a pod has counted, from its own management port: nobody else may read it. */
async function countedBy({ cluster }: Context, pod: string, metric: RegExp): Promise<number> {
  const script = "fetch('http://127.0.0.1:9464/metrics').then((r) => r.text()).then((t) => console.log(t))"
  const text = await cluster.kubectl(["exec", pod, "--", "/nodejs/bin/node", "-e", script])
  const values = text.split("\n").filter((line) => metric.test(line))
  return values.reduce((sum, line) => sum + Number(line.split(" ")[1] ?? 0), 0)
}

const METRICS: Record<Release, RegExp> = {
  auth: /^auth_token_requests_total\{.*result="issued"/,
  mcp: /^mcp_token_validations_total\{.*outcome="valid"/,
}

/** Under load: every pod has served some of it. */
async function everyPodServes(context: Context, release: Release): Promise<string> {
  const pods = await untilReadyPods(context.cluster, podsOf(release), 3)
  const counts = await until(`calls at every pod of ${release}`, async () => {
    const each = await Promise.all(pods.map(({ metadata }) => countedBy(context, metadata.name, METRICS[release])))
    return each.every((count) => count > 0) && each
  })
  return `${release} ${counts.join(" + ")}`
}

export const replicaSteps: readonly Step[] = [
  {
    name: "replicas: 3 + 3, and calls reach all of them",
    run: async (context) => {
      await context.scaleUp()
      const shares: string[] = []
      const result = await underLoad(context.cluster, async () => {
        for (const release of RELEASES) shares.push(await everyPodServes(context, release))
      })
      return `${requireNoFailure(result)}; ${shares.join(", ")}; p95 ${result.p95Ms.toFixed(0)} ms`
    },
  },
  ...RELEASES.map(
    (release): Step => ({
      name: `rolling upgrade of ${release}: no failed request`,
      run: async (context) => {
        await context.scaleUp()
        const before = (await context.cluster.pods(podsOf(release))).map(({ metadata }) => metadata.name)
        const result = await underLoad(context.cluster, async () => {
          await context.upgrade(release, { podAnnotations: { "e2e/upgrade": String(Date.now()) } })
          const after = await untilReadyPods(context.cluster, podsOf(release), 3)
          const stayed = after.filter(({ metadata }) => before.includes(metadata.name))
          if (stayed.length > 0) throw new Error(`${stayed.length} pods were not replaced`)
        })
        return `${requireNoFailure(result)}; p95 ${result.p95Ms.toFixed(0)} ms`
      },
    }),
  ),
]
