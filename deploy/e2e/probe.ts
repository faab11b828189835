/** Pods of our own image that try to reach others: what a NetworkPolicy lets through is proved by trying. */
import { type Cluster, isReady } from "./cluster.ts"
import { imageOf } from "./images.ts"
import { until } from "./until.ts"

/** By name: a place, and whether it must be reached. */
export type Expected = Readonly<Record<string, { host: string; port: number; open: boolean }>>

/** Tries each until its answer is what is expected, or for some seconds: a policy holds for a new pod after a moment. */
const SCRIPT = `
const net = require("node:net")
const once = ({ host, port }) => new Promise((resolve) => {
  const socket = net.connect({ host, port, timeout: 1500 })
  const end = (open) => { socket.destroy(); resolve(open) }
  socket.on("connect", () => end(true)).on("timeout", () => end(false)).on("error", () => end(false))
})
const places = Object.entries(JSON.parse(process.env.PLACES ?? process.argv[1]))
Promise.all(places.map(async ([name, place]) => {
  let open
  for (let tries = 0; tries < 4; tries++) {
    open = await once(place)
    if (open === place.open) break
    await new Promise((resolve) => setTimeout(resolve, 700))
  }
  return [name, open]
})).then((answers) => console.log(JSON.stringify(Object.fromEntries(answers))))
`

function podOf(name: string, { labels, script, env = {} }: PodParts): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(labels && { labels }) },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "probe",
          image: imageOf("auth"),
          imagePullPolicy: "IfNotPresent",
          command: ["/nodejs/bin/node", "-e", script],
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "96Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  }
}

interface PodParts {
  labels?: Record<string, string>
  script: string
  env?: Record<string, string>
}

/** What a pod with these labels reaches that it should not, or does not that it should. */
export async function probeFromPod(
  cluster: Cluster,
  name: string,
  { labels, expected }: { labels?: Record<string, string>; expected: Expected },
): Promise<string[]> {
  const env = { PLACES: JSON.stringify(expected) }
  await cluster.apply(podOf(name, { script: SCRIPT, env, ...(labels && { labels }) }))
  try {
    await until(`the end of the pod ${name}`, async () => {
      const phase = await cluster.kubectl(["get", "pod", name, "--output=jsonpath={.status.phase}"])
      if (phase === "Failed") throw new Error(await cluster.kubectl(["logs", name]))
      return phase === "Succeeded"
    })
    return compare(name, expected, await cluster.kubectl(["logs", name]))
  } finally {
    await cluster.kubectl(["delete", "pod", name, "--wait=false"])
  }
}

/** The same from within a service's own pod. */
export async function probeFromService(cluster: Cluster, deployment: string, expected: Expected): Promise<string[]> {
  const args = ["exec", `deployment/${deployment}`, "--", "/nodejs/bin/node", "-e", SCRIPT, JSON.stringify(expected)]
  return compare(deployment, expected, await cluster.kubectl(args))
}

function compare(from: string, expected: Expected, printed: string): string[] {
  const found = JSON.parse(printed) as Record<string, boolean>
  return Object.entries(expected)
    .filter(([name, { open }]) => found[name] !== open)
    .map(([name, { open }]) => `${from} ${open ? "does not reach" : "reaches"} ${name}`)
}

/** A pod that answers on port 8080, and that no policy of ours speaks of. Its address. */
export async function startBystander(cluster: Cluster): Promise<string> {
  const script = `require("node:net").createServer((socket) => socket.end("x")).listen(8080)`
  await cluster.apply(podOf("bystander", { script, labels: { e2e: "bystander" } }))
  return until("the bystander", async () => {
    const [pod] = await cluster.pods("e2e=bystander")
    return pod !== undefined && isReady(pod) && pod.status.podIP
  })
}
