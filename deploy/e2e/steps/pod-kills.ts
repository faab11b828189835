/** Steps: a pod that is deleted takes no request with it; one that is killed is counted. */
import { untilReadyPods } from "../cluster.ts"
import { type Context, podsOf, RELEASES } from "../context.ts"
import { inWords, requireNoFailure, underLoad } from "../load.ts"
import type { Step } from "../step.ts"

/** Of each release one pod goes, and its successor comes. */
async function deletePods({ cluster }: Context, flags: readonly string[]): Promise<void> {
  for (const release of RELEASES) {
    const [pod] = await cluster.pods(podsOf(release))
    await cluster.kubectl(["delete", "pod", pod?.metadata.name ?? "", ...flags])
    await untilReadyPods(cluster, podsOf(release), 3)
  }
}

export const podKillSteps: readonly Step[] = [
  {
    name: "pod deleted: no failed request",
    run: async (context) => {
      await context.scaleUp()
      return requireNoFailure(await underLoad(context.cluster, () => deletePods(context, ["--wait=true"])))
    },
  },
  {
    name: "pod killed at once: failures counted, no 401",
    run: async (context) => {
      await context.scaleUp()
      const flags = ["--grace-period=0", "--force"]
      const { requests, failures, problems } = await underLoad(context.cluster, () => deletePods(context, flags))
      if (Object.keys(failures).some((kind) => /401|403|500/.test(kind)))
        throw new Error(`${inWords(failures)}\n${problems.slice(0, 5).join("\n")}`)
      return `${requests} requests: ${inWords(failures)}`
    },
  },
]
