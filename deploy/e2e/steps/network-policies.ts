/** Step: each NetworkPolicy lets through what it must, and nothing else. */

import { untilReadyPods } from "../cluster.ts"
import { type Context, podsOf } from "../context.ts"
import { type Expected, probeFromPod, probeFromService, startBystander } from "../probe.ts"
import type { Step } from "../step.ts"

const at = (host: string, port: number, open: boolean) => ({ host, port, open })

async function podIp({ cluster }: Context, release: "auth" | "mcp"): Promise<string> {
  const [pod] = await cluster.pods(podsOf(release))
  return pod?.status.podIP ?? ""
}

/** By who tries. */
function expectations(ips: { auth: string; mcp: string; bystander: string }) {
  const services = { "auth:3001": at("auth", 3001, true), "mcp:3232": at("mcp", 3232, true) }
  const management = (open: boolean): Expected => ({
    "auth's management port": at(ips.auth, 9464, open),
    "mcp's management port": at(ips.mcp, 9464, open),
  })
  const redis = (open: boolean): Expected => ({ Redis: at("auth-redis", 6379, open) })
  const others: Expected = { "another pod": at(ips.bystander, 8080, false) }
  return {
    // The control: what follows is refused by policy, and not because nobody is there.
    stranger: { ...services, ...management(false), ...redis(false), "another pod": at(ips.bystander, 8080, true) },
    redisClient: { ...redis(true), ...management(false) },
    prometheus: { ...management(true), ...redis(false) },
    mcp: {
      "auth:3001": at("auth", 3001, true),
      ...redis(true),
      "auth's management port": at(ips.auth, 9464, false),
      ...others,
    },
    auth: { ...redis(true), "mcp:3232": at(ips.mcp, 3232, false), ...others },
  }
}

export const networkPolicyStep: Step = {
  name: "network policies: what passes, and what does not",
  run: async (context) => {
    const { cluster } = context
    await context.scaleUp()
    const metricsFrom = [{ podSelector: { matchLabels: { e2e: "prometheus" } } }]
    for (const release of ["auth", "mcp"] as const) {
      await context.upgrade(release, { "networkPolicy.metricsFrom": metricsFrom })
      await untilReadyPods(cluster, podsOf(release), 3)
    }
    const [auth, mcp, bystander] = [
      await podIp(context, "auth"),
      await podIp(context, "mcp"),
      await startBystander(cluster),
    ]
    const expected = expectations({ auth, mcp, bystander })
    const redisClient = { "gatehouse.dev/redis-client": "auth-redis" }
    const wrong = [
      ...(await probeFromPod(cluster, "stranger", { expected: expected.stranger })),
      ...(await probeFromPod(cluster, "redis-client", { expected: expected.redisClient, labels: redisClient })),
      ...(await probeFromPod(cluster, "prometheus", { expected: expected.prometheus, labels: { e2e: "prometheus" } })),
      ...(await probeFromService(cluster, "mcp", expected.mcp)),
      ...(await probeFromService(cluster, "auth", expected.auth)),
    ]
    await cluster.kubectl(["delete", "pod", "bystander", "--wait=false"])
    if (wrong.length > 0) throw new Error(wrong.join("; "))
    const tries = Object.values(expected).flatMap((each) => Object.values(each))
    const open = tries.filter((each) => each.open).length
    return `${open} ways open, ${tries.length - open} shut`
  },
}
