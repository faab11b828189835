/** The parts of Kubernetes objects that the tests look at, and the pods inside them. */

export interface Manifest {
  /** The template that made it, in its chart: `templates/service.yaml`. */
  source: string
  apiVersion: string
  kind: string
  metadata: Metadata
  spec?: Spec
  data?: Record<string, string>
  stringData?: Record<string, string>
}

interface Metadata {
  name: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

interface PodTemplate {
  metadata?: Partial<Metadata>
  spec: PodSpec
}

/** All the specs in one: each kind uses some of it. */
interface Spec extends Record<string, unknown> {
  replicas?: number
  selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>
  template?: PodTemplate
  ports?: ServicePort[]
  clusterIP?: string
  podSelector?: { matchLabels?: Record<string, string> }
  policyTypes?: string[]
  ingress?: NetworkRule[]
  egress?: NetworkRule[]
}

interface NetworkRule {
  ports?: { port?: number | string; protocol?: string; endPort?: number }[]
  from?: unknown[]
  to?: unknown[]
}

interface ServicePort {
  name?: string
  port: number
  targetPort?: number | string
}

export interface PodSpec extends Record<string, unknown> {
  containers: Container[]
  initContainers?: Container[]
  volumes?: Volume[]
  securityContext?: Record<string, unknown>
  automountServiceAccountToken?: boolean
  serviceAccountName?: string
  imagePullSecrets?: { name: string }[]
}

export interface Container extends Record<string, unknown> {
  name: string
  image: string
  command?: string[]
  args?: string[]
  env?: EnvironmentVariable[]
  envFrom?: unknown[]
  ports?: { name?: string; containerPort: number; hostPort?: number }[]
  resources?: { requests?: Record<string, unknown>; limits?: Record<string, unknown> }
  securityContext?: Record<string, unknown>
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[]
}

interface KeyReference {
  name: string
  key: string
  optional?: boolean
}

export interface EnvironmentVariable {
  name: string
  value?: unknown
  valueFrom?: { secretKeyRef?: KeyReference; configMapKeyRef?: KeyReference; fieldRef?: unknown }
}

export interface Volume extends Record<string, unknown> {
  name: string
  secret?: { secretName: string; items?: KeyAsFile[] }
  projected?: { sources: { secret?: { name: string; items?: KeyAsFile[] } }[] }
}

export interface KeyAsFile {
  key: string
  path: string
}

export interface Pod {
  /** `Deployment/auth`. */
  of: string
  kind: string
  labels: Record<string, string>
  annotations: Record<string, string>
  spec: PodSpec
}

export const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`

/** Every pod that these objects make, whatever makes it. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const { kind, metadata, spec } = manifest
    const template = kind === "Pod" ? ({ metadata, spec } as unknown as PodTemplate) : spec?.template
    if (template?.spec?.containers === undefined) return []
    const { labels = {}, annotations = {} } = template.metadata ?? {}
    return [{ of: nameOf(manifest), kind, labels, annotations, spec: template.spec }]
  })
}

export const containersOf = ({ spec }: Pick<Pod, "spec">): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
]

/** What an operator adds by `extraObjects` is the operator's. */
export const ownOf = (manifests: readonly Manifest[]) =>
  manifests.filter(({ source }) => source !== "templates/extra-objects.yaml")

export const ofKind = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind)

/** Whether a label selector takes these labels. */
export const selects = (matchLabels: Record<string, string> = {}, labels: Record<string, string> = {}): boolean =>
  Object.entries(matchLabels).every(([name, value]) => labels[name] === value)

/** Names of Secrets with the keys that pods take out of them: by variable, by volume. */
export function secretKeysOf(manifests: readonly Manifest[]): { secret: string; key: string; by: string }[] {
  return podsOf(manifests).flatMap((pod) => [
    ...containersOf(pod).flatMap(({ env = [] }) =>
      env.flatMap(({ name, valueFrom }) => {
        const reference = valueFrom?.secretKeyRef
        return reference ? [{ secret: reference.name, key: reference.key, by: `${pod.of} ${name}` }] : []
      }),
    ),
    ...(pod.spec.volumes ?? []).flatMap((volume) =>
      secretsIn(volume).flatMap(({ secret, items }) => {
        const keys = items?.map(({ key }) => key) ?? ["*"]
        return keys.map((key) => ({ secret, key, by: `${pod.of} ${volume.name}` }))
      }),
    ),
  ])
}

/** The Secrets that a volume shows; without items, all of their keys. */
export const secretsIn = ({ secret, projected }: Volume): { secret: string; items: KeyAsFile[] | undefined }[] => [
  ...(secret ? [{ secret: secret.secretName, items: secret.items }] : []),
  ...(projected?.sources ?? []).flatMap((source) =>
    source.secret ? [{ secret: source.secret.name, items: source.secret.items }] : [],
  ),
]
