/** Every step, in order: what is proved about an installation, from the first command to the last. */
import { provideImages } from "./images.ts"
import type { Step } from "./step.ts"
import { authAwayStep } from "./steps/auth-away.ts"
import { autoscalingStep } from "./steps/autoscaling.ts"
import { installSteps } from "./steps/install.ts"
import { networkPolicyStep } from "./steps/network-policies.ts"
import { podKillSteps } from "./steps/pod-kills.ts"
import { previousVersionStep } from "./steps/previous-version.ts"
import { redisKillStep } from "./steps/redis-kill.ts"
import { replicaSteps } from "./steps/replicas.ts"
import { introspectionSecretStep } from "./steps/rotate-introspection-secret.ts"
import { signingKeyStep } from "./steps/rotate-signing-keys.ts"
import { uninstallStep } from "./steps/uninstall.ts"

export const steps: readonly Step[] = [
  {
    name: "images: built and in the cluster",
    installs: true,
    run: ({ cluster, settings }) => provideImages(cluster, settings),
  },
  ...installSteps,
  ...replicaSteps,
  ...podKillSteps,
  redisKillStep,
  networkPolicyStep,
  authAwayStep,
  signingKeyStep,
  introspectionSecretStep,
  autoscalingStep,
  previousVersionStep,
  uninstallStep,
]
