/** The Pod Security Standard *restricted*, as far as a pod's text can be held to it: one sentence for each control that it breaks. */
import { type Container, containersOf, type PodSpec } from "./manifests.ts"

type Context = Record<string, unknown> & {
  capabilities?: { drop?: string[]; add?: string[] }
  seccompProfile?: { type?: string }
  seLinuxOptions?: { type?: string; user?: string; role?: string }
  sysctls?: { name: string }[]
}

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]
const HOST_NAMESPACES = ["hostNetwork", "hostPID", "hostIPC"]

export function violationsOf(spec: PodSpec): string[] {
  const pod = (spec.securityContext ?? {}) as Context
  const volumes = (spec.volumes ?? []).filter(
    (volume) => !Object.keys(volume).every((key) => key === "name" || VOLUMES.includes(key)),
  )
  return [
    ...HOST_NAMESPACES.filter((key) => spec[key] === true).map((key) => `${key} is on`),
    ...volumes.map(({ name }) => `volume ${name} is of a type that is not allowed`),
    ...(pod.sysctls?.length ? ["sysctls are set"] : []),
    ...contextViolations(pod, "pod"),
    ...containersOf({ spec }).flatMap((container) => containerViolations(container, pod)),
  ]
}

function containerViolations({ name, securityContext, ports = [], ...rest }: Container, pod: Context): string[] {
  const own = (securityContext ?? {}) as Context
  const { drop = [], add = [] } = own.capabilities ?? {}
  const seccomp = own.seccompProfile?.type ?? pod.seccompProfile?.type
  const user = own["runAsUser"] ?? pod["runAsUser"]
  const problems: [boolean, string][] = [
    [own["privileged"] === true, "is privileged"],
    [own["allowPrivilegeEscalation"] !== false, "may escalate its privileges"],
    [!drop.includes("ALL"), "does not drop ALL capabilities"],
    [add.some((capability) => capability !== "NET_BIND_SERVICE"), "adds capabilities"],
    [(own["runAsNonRoot"] ?? pod["runAsNonRoot"]) !== true, "may run as root"],
    [user === 0, "runs as user 0"],
    [seccomp !== "RuntimeDefault" && seccomp !== "Localhost", "has no seccomp profile"],
    [(own["procMount"] ?? "Default") !== "Default", "has another procMount"],
    [ports.some(({ hostPort }) => hostPort !== undefined && hostPort !== 0), "takes a port of the host"],
    [/"host":/.test(JSON.stringify([rest["livenessProbe"], rest["lifecycle"]])), "names a host in a probe"],
  ]
  return [
    ...problems.filter(([broken]) => broken).map(([, sentence]) => `container ${name} ${sentence}`),
    ...contextViolations(own, `container ${name}`),
  ]
}

function contextViolations({ seLinuxOptions: se = {}, ...context }: Context, whose: string): string[] {
  const types = [undefined, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]
  return [
    ...(types.includes(se.type) && !se.user && !se.role ? [] : [`${whose} sets SELinux options`]),
    ...((context["windowsOptions"] as { hostProcess?: boolean } | undefined)?.hostProcess
      ? [`${whose} is a Windows HostProcess`]
      : []),
  ]
}
