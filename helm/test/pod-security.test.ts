/** The checks of Pod Security find what they are there for. */
import { describe, expect, it } from "vitest"
import type { PodSpec } from "./manifests.ts"
import { violationsOf } from "./pod-security.ts"

const context = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
}
const podWith = (pod: Record<string, unknown>, container: Record<string, unknown> = {}): PodSpec => ({
  containers: [{ name: "c", image: "i", securityContext: { ...context, ...container } }],
  ...pod,
})

describe("Pod Security, restricted", () => {
  it("takes a pod that gives up everything", () => {
    expect(violationsOf(podWith({}))).toEqual([])
  })

  it.each<[string, PodSpec]>([
    ["hostNetwork is on", podWith({ hostNetwork: true })],
    ["volume v is of a type that is not allowed", podWith({ volumes: [{ name: "v", hostPath: { path: "/" } }] })],
    ["sysctls are set", podWith({ securityContext: { sysctls: [{ name: "net.core.somaxconn" }] } })],
    ["container c is privileged", podWith({}, { privileged: true })],
    ["container c may escalate its privileges", podWith({}, { allowPrivilegeEscalation: undefined })],
    ["container c does not drop ALL capabilities", podWith({}, { capabilities: { drop: ["NET_RAW"] } })],
    ["container c adds capabilities", podWith({}, { capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })],
    ["container c may run as root", podWith({}, { runAsNonRoot: undefined })],
    ["container c runs as user 0", podWith({}, { runAsUser: 0 })],
    ["container c has no seccomp profile", podWith({}, { seccompProfile: { type: "Unconfined" } })],
    ["container c has another procMount", podWith({}, { procMount: "Unmasked" })],
    ["container c sets SELinux options", podWith({}, { seLinuxOptions: { type: "spc_t" } })],
    [
      "container c takes a port of the host",
      { containers: [{ name: "c", image: "i", securityContext: context, ports: [{ containerPort: 1, hostPort: 1 }] }] },
    ],
    [
      "container i may run as root",
      podWith({ initContainers: [{ name: "i", image: "i", securityContext: { ...context, runAsNonRoot: false } }] }),
    ],
  ])("finds that %s", (sentence, spec) => {
    expect(violationsOf(spec)).toEqual([sentence])
  })
})
