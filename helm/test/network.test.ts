/** What is open to whom: published paths, Services and NetworkPolicies. */
import { describe, expect, it } from "vitest"
import { baseOf, CHARTS, type Chart, cases, merged, render, type Values, withRedis } from "./charts.ts"
import { containersOf, type Manifest, nameOf, ofKind, type Pod, podsOf, selects } from "./manifests.ts"
import { environmentOf } from "./service-environment.ts"
import { PRIVATE_PATHS, routesOf } from "./service-routes.ts"

interface Published {
  path: string
  exact: boolean
}

interface IngressRule {
  http: { paths: { path: string; pathType: string }[] }
}
interface HttpRouteRule {
  matches?: { path?: { type?: string; value?: string } }[]
}

/** What an Ingress and an HTTPRoute let through; a rule without a path lets everything through. */
function publishedBy(manifests: readonly Manifest[]): Published[] {
  const ingresses = ofKind(manifests, "Ingress").flatMap(({ spec }) => (spec?.["rules"] ?? []) as IngressRule[])
  const routes = ofKind(manifests, "HTTPRoute").flatMap(({ spec }) => (spec?.["rules"] ?? []) as HttpRouteRule[])
  return [
    ...ingresses.flatMap(({ http }) => http.paths.map(({ path, pathType }) => ({ path, exact: pathType === "Exact" }))),
    ...routes.flatMap(({ matches = [{}] }) =>
      matches.map(({ path }) => ({ path: path?.value ?? "/", exact: path?.type === "Exact" })),
    ),
  ]
}

/** By whole segments, as Ingress and Gateway API compare. */
const covers = ({ path, exact }: Published, url: string) =>
  url === path || (!exact && url.startsWith(path.endsWith("/") ? path : `${path}/`))

const publishing = {
  ingress: { enabled: true, host: "gatehouse.example.com" },
  httpRoute: { enabled: true, parentRefs: [{ name: "gateway" }], hostnames: ["gatehouse.example.com"] },
}

describe.each<[Chart, Values]>([
  ["auth", { issuer: "https://gatehouse.example.com", identity: { allowDemo: true } }],
  ["auth", { issuer: "https://gatehouse.example.com/tenant", identity: { allowDemo: true } }],
  ["mcp", { baseUri: "https://gatehouse.example.com" }],
  ["mcp", { baseUri: "https://gatehouse.example.com/tools" }],
])("%s published with %j", (chart, own) => {
  const values = merged(merged(baseOf(chart), publishing), own)
  const ask = async () => {
    const published = publishedBy(await render(chart, values))
    const { env } = await environmentOf(chart, values)
    return { published, routes: await routesOf(chart, env) }
  }

  it("publishes by Ingress and HTTPRoute the same paths, each of them a route of the service", async () => {
    const { published, routes } = await ask()
    expect(published.length).toBeGreaterThan(2)
    expect(published.filter((each) => !routes.some((url) => covers(each, url)))).toEqual([])
    const manifests = await render(chart, values)
    const pathsOf = (kind: string) =>
      publishedBy(ofKind(manifests, kind))
        .map(({ path }) => path)
        .sort()
    expect(pathsOf("Ingress")).toEqual(pathsOf("HTTPRoute"))
  })

  it("publishes every route that is for the public", async () => {
    const { published, routes } = await ask()
    const prefix = new URL(String(own["issuer"] ?? own["baseUri"])).pathname.replace(/\/$/, "")
    const isPrivate = (url: string) => PRIVATE_PATHS.includes(url.slice(prefix.length))
    const hidden = routes.filter((url) => !isPrivate(url) && !published.some((each) => covers(each, url)))
    // The page at the MCP service's root is for whoever runs it on a laptop.
    expect(hidden).toEqual(chart === "mcp" ? [prefix || "/"] : [])
  })

  it("publishes nothing that is for us alone", async () => {
    const { published } = await ask()
    const prefixes = ["", new URL(String(own["issuer"] ?? own["baseUri"])).pathname.replace(/\/$/, "")]
    for (const path of prefixes.flatMap((prefix) => PRIVATE_PATHS.map((each) => prefix + each)))
      expect(
        published.filter((each) => covers(each, path)),
        path,
      ).toEqual([])
  })
})

const workloadOf = (manifests: readonly Manifest[]): Pod => {
  const pod = podsOf(manifests).find(({ kind }) => kind === "Deployment")
  if (pod === undefined) throw new Error("no Deployment")
  return pod
}
const portsOf = (pod: Pod) => containersOf(pod).flatMap(({ ports = [] }) => ports)
/** The number behind a name, or the number itself. */
const resolved = (port: number | string | undefined, pod: Pod) =>
  typeof port === "number" ? port : portsOf(pod).find(({ name }) => name === port)?.containerPort

describe.each(cases)("$chart with $name", ({ chart, values }) => {
  it("keeps the management port out of every Service but the headless one for Prometheus", async () => {
    const manifests = await render(chart, values)
    const pod = workloadOf(manifests)
    const management = portsOf(pod).find(({ name }) => name === "metrics")?.containerPort
    expect(management).toBeTypeOf("number")
    for (const service of ofKind(manifests, "Service")) {
      const targets = service.spec?.ports?.map(({ port, targetPort }) => resolved(targetPort ?? port, pod)) ?? []
      if (service.metadata.name.endsWith("-metrics")) expect(service.spec?.clusterIP).toBe("None")
      else expect(targets, nameOf(service)).not.toContain(management)
    }
  })

  it("has Services whose ports are ports of their pods", async () => {
    const manifests = await render(chart, values)
    for (const service of ofKind(manifests, "Service")) {
      const selector = service.spec?.selector as Record<string, string>
      for (const pod of podsOf(manifests).filter(({ labels }) => selects(selector, labels)))
        for (const { port, targetPort } of service.spec?.ports ?? [])
          expect(
            portsOf(pod).map(({ containerPort }) => containerPort),
            nameOf(service),
          ).toContain(resolved(targetPort ?? port, pod))
    }
  })
})

describe.each(CHARTS)("%s: NetworkPolicies", (chart) => {
  const policiesFor = (manifests: readonly Manifest[], pod: Pod) =>
    ofKind(manifests, "NetworkPolicy").filter(({ spec }) => selects(spec?.podSelector?.matchLabels, pod.labels))

  it("stand before every pod, hooks included, in both directions", async () => {
    const manifests = await render(chart, withRedis(chart))
    for (const pod of podsOf(manifests)) {
      const types = policiesFor(manifests, pod).flatMap(({ spec }) => spec?.policyTypes ?? [])
      expect({ of: pod.of, types: [...new Set(types)].sort() }).toEqual({ of: pod.of, types: ["Egress", "Ingress"] })
    }
  })

  it.each([9464, 9999])("open exactly the ports that the containers listen on, with metrics on %d", async (port) => {
    const own = { metrics: { port }, networkPolicy: { metricsFrom: [{ podSelector: {} }] } }
    const manifests = await render(chart, withRedis(chart, own))
    for (const pod of podsOf(manifests).filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")) {
      const open = policiesFor(manifests, pod).flatMap(({ spec }) =>
        (spec?.ingress ?? []).flatMap(({ ports }) => {
          expect(ports, pod.of).toBeDefined()
          return ports?.map((each) => resolved(each.port, pod)) ?? []
        }),
      )
      const listening = portsOf(pod).map(({ containerPort }) => containerPort)
      expect([...new Set(open)].sort(), pod.of).toEqual(listening.sort())
      if (pod.kind === "Deployment") expect(listening).toContain(port)
    }
  })

  it("keep the management port shut until somebody may read it", async () => {
    const manifests = await render(chart, baseOf(chart))
    const rules = policiesFor(manifests, workloadOf(manifests)).flatMap(({ spec }) => spec?.ingress ?? [])
    expect(rules.flatMap(({ ports }) => ports?.map(({ port }) => port))).toEqual(["http"])
  })

  it("let nothing out to everywhere", async () => {
    const manifests = await render(chart, baseOf(chart))
    for (const policy of ofKind(manifests, "NetworkPolicy"))
      for (const { ports, to } of policy.spec?.egress ?? [])
        expect(ports ?? to, `${nameOf(policy)} has a rule without ports and without peers`).toBeDefined()
  })

  it("admit to Redis only what carries its label", async () => {
    const manifests = await render(chart, withRedis(chart))
    const redis = podsOf(manifests).find(({ kind }) => kind === "StatefulSet")
    if (redis === undefined) throw new Error("no Redis")
    const peers = policiesFor(manifests, redis).flatMap(({ spec }) => (spec?.ingress ?? []).flatMap(({ from }) => from))
    expect(peers.length).toBeGreaterThan(0)
    for (const peer of peers)
      expect(peer).toEqual({ podSelector: { matchLabels: { "gatehouse.dev/redis-client": `${chart}-redis` } } })
    expect(workloadOf(manifests).labels["gatehouse.dev/redis-client"]).toBe(`${chart}-redis`)
  })

  it("take more doors from values, and disappear when they are switched off", async () => {
    const peer = { namespaceSelector: { matchLabels: { team: "watchers" } } }
    const given = { networkPolicy: { ingressFrom: [peer], metricsFrom: [peer] } }
    const text = JSON.stringify(ofKind(await render(chart, merged(baseOf(chart), given)), "NetworkPolicy"))
    expect(text.match(/"team":"watchers"/g)?.length).toBe(2)
    const off = await render(chart, merged(baseOf(chart), { networkPolicy: { enabled: false } }))
    expect(ofKind(off, "NetworkPolicy").filter(({ metadata }) => metadata.name === chart)).toEqual([])
  })
})
