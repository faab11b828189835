/** What holds for every object of every case: where it lies, how it is labelled, how its pods are kept. */
import { describe, expect, it } from "vitest"
import { baseOf, CHARTS, cases, NAMESPACE, render, textRendered, withRedis } from "./charts.ts"
import { containersOf, type Manifest, nameOf, ofKind, ownOf, podsOf, selects } from "./manifests.ts"
import { violationsOf } from "./pod-security.ts"

const LABELS = [
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/component",
  "app.kubernetes.io/version",
  "app.kubernetes.io/managed-by",
  "app.kubernetes.io/part-of",
  "helm.sh/chart",
]
const SELECTOR = ["app.kubernetes.io/component", "app.kubernetes.io/instance", "app.kubernetes.io/name"]

describe.each(cases)("$chart with $name", ({ chart, name, values }) => {
  const own = async () => ownOf(await render(chart, values))

  it("has objects, none of them twice", async () => {
    const names = (await own()).map(nameOf)
    expect(names).toContain(`Deployment/${values["fullnameOverride"] ?? chart}`)
    expect(names.filter((each, at) => names.indexOf(each) !== at)).toEqual([])
  })

  it("puts all of them into the namespace of the release, or where a value says", async () => {
    const elsewhere = (await own()).filter(({ kind, metadata }) => {
      const asked = JSON.stringify(values).includes(`"namespace":"${metadata.namespace}"`)
      const movable = ["ServiceMonitor", "PrometheusRule", "ConfigMap"].includes(kind) && asked
      return metadata.namespace !== NAMESPACE && !movable
    })
    expect(elsewhere.map(nameOf)).toEqual([])
  })

  it("labels all of them, each with who it is and what it belongs to", async () => {
    for (const manifest of await own()) {
      const labels = manifest.metadata.labels ?? {}
      expect({ of: nameOf(manifest), missing: LABELS.filter((label) => !labels[label]) }).toEqual({
        of: nameOf(manifest),
        missing: [],
      })
      expect(labels["app.kubernetes.io/part-of"]).toBe("gatehouse")
      expect(labels["app.kubernetes.io/instance"]).toBe(chart)
      for (const value of Object.values(labels)) expect(value).toMatch(/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/)
    }
  })

  it("selects by labels that never change, and what it selects is there", async () => {
    const manifests = await own()
    const pods = podsOf(manifests)
    for (const manifest of manifests) {
      const { kind, spec } = manifest
      const selector = kind === "Service" ? (spec?.selector as Record<string, string>) : spec?.selector?.matchLabels
      if (selector === undefined || ["ServiceMonitor", "PersistentVolumeClaim"].includes(kind)) continue
      expect({ of: nameOf(manifest), keys: Object.keys(selector).sort() }).toEqual({
        of: nameOf(manifest),
        keys: SELECTOR,
      })
      const workloads = pods.filter((pod) => ["Deployment", "StatefulSet"].includes(pod.kind))
      expect(workloads.filter(({ labels }) => selects(selector, labels)).length, nameOf(manifest)).toBe(1)
    }
  })

  it("has pods of the restricted standard, that hold no token of the API but where they need it", async () => {
    for (const pod of podsOf(await own())) {
      expect({ of: pod.of, violations: violationsOf(pod.spec) }).toEqual({ of: pod.of, violations: [] })
      const credentials = pod.labels["app.kubernetes.io/component"] === "credentials"
      expect({ of: pod.of, token: pod.spec.automountServiceAccountToken }).toEqual({ of: pod.of, token: credentials })
      expect({ of: pod.of, links: pod.spec["enableServiceLinks"] }).toEqual({ of: pod.of, links: false })
    }
  })

  it("has containers that say what they need and how much memory they may take, on a root that nobody writes", async () => {
    const extra = JSON.stringify([values["extraContainers"] ?? [], values["extraInitContainers"] ?? []])
    const isExtra = (containerName: string) => extra.includes(`"name":"${containerName}"`)
    for (const pod of podsOf(await own()))
      for (const container of containersOf(pod)) {
        const { name: containerName, resources = {}, securityContext } = container
        if (isExtra(containerName)) continue
        const of = `${pod.of} ${containerName}`
        expect(Object.keys(resources.requests ?? {}).sort(), of).toEqual(expect.arrayContaining(["cpu", "memory"]))
        expect(resources.limits, of).toHaveProperty("memory")
        expect(securityContext?.["readOnlyRootFilesystem"], of).toBe(true)
        expect(container.image, of).not.toMatch(/:latest$|^[^:]*$/)
      }
  })

  it("names no variable twice, and each value is text", async () => {
    for (const pod of podsOf(await own()))
      for (const { name: containerName, env = [] } of containersOf(pod)) {
        const names = env.map((variable) => variable.name)
        expect(names.filter((each, at) => names.indexOf(each) !== at)).toEqual([])
        for (const { name: variable, value, valueFrom } of env)
          if (valueFrom === undefined) expect(typeof value, `${pod.of} ${containerName} ${variable}`).toBe("string")
      }
  })

  it("mounts volumes that are there, and each of its volumes", async () => {
    for (const pod of podsOf(await own())) {
      const claims = (await own()).flatMap(
        ({ spec }) =>
          (spec?.["volumeClaimTemplates"] as Manifest[] | undefined)?.map((each) => each.metadata.name) ?? [],
      )
      const volumes = [
        ...(pod.spec.volumes ?? []).map((volume) => volume.name),
        ...(pod.kind === "StatefulSet" ? claims : []),
      ]
      const mounted = containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount) => mount.name))
      expect({ of: pod.of, mounts: [...new Set(mounted)].sort() }).toEqual({ of: pod.of, mounts: volumes.sort() })
    }
  })

  it("is the same when it is rendered again, so that nothing restarts and GitOps sees no difference", async () => {
    const again = await textRendered(chart, values, { namespace: NAMESPACE })
    expect(again).toBe(await textRendered(chart, values))
  })

  it("has replicas that a budget, a spread or an autoscaler speaks of only where there can be several", async () => {
    const manifests = await own()
    const [deployment] = ofKind(manifests, "Deployment")
    const scaled = ofKind(manifests, "HorizontalPodAutoscaler").length > 0
    const replicas = deployment?.spec?.replicas
    if (scaled) expect(replicas, name).toBeUndefined()
    if (!scaled && (replicas ?? 1) === 1) expect(ofKind(manifests, "PodDisruptionBudget")).toEqual([])
  })
})

describe.each(CHARTS)("%s under other names", (chart) => {
  const base = baseOf(chart)

  it("keeps names that Kubernetes takes, however long the release's is", async () => {
    const release = "a-release-with-a-name-as-long-as-helm-allows-one-to-be-0123456"
    const values = chart === "mcp" ? { ...base, authServer: { release: "auth" } } : base
    for (const { kind, metadata } of await render(chart, values, { release: release.slice(0, 53) })) {
      expect(metadata.name.length, `${kind}/${metadata.name}`).toBeLessThanOrEqual(63)
      expect(metadata.name).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
    }
  })

  it("is called as fullnameOverride says, selectors and references included", async () => {
    const manifests = await render(chart, { ...base, fullnameOverride: "other" })
    expect(manifests.map(nameOf)).toEqual(expect.arrayContaining(["Deployment/other", "Service/other"]))
    expect(ofKind(manifests, "Service").map(({ metadata }) => metadata.name)).toContain("other-metrics")
  })

  it("carries common labels and annotations on every object, and in no selector", async () => {
    const common = { commonLabels: { team: "identity" }, commonAnnotations: { contact: "identity" } }
    for (const manifest of await render(chart, withRedis(chart, { ...common, redis: common }))) {
      expect(manifest.metadata.labels, nameOf(manifest)).toMatchObject({ team: "identity" })
      expect(manifest.metadata.annotations, nameOf(manifest)).toMatchObject({ contact: "identity" })
      expect(JSON.stringify(manifest.spec?.selector ?? {})).not.toContain("identity")
      expect(JSON.stringify(manifest.spec?.podSelector ?? {})).not.toContain("identity")
    }
  })
})
