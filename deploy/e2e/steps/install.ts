/** Steps: two commands install both charts, `helm test` passes, and a client signs in over the port-forwards of NOTES. */

import { readyPods } from "../cluster.ts"
import { podsOf, RELEASES } from "../context.ts"
import { journey } from "../journey.ts"
import { commandIn, notesOf } from "../notes.ts"
import type { Step } from "../step.ts"

export const installSteps: readonly Step[] = [
  {
    name: "install auth: one command, no values",
    installs: true,
    run: async ({ cluster }) => {
      await cluster.helm(["install", "auth", "./helm/auth", "--wait", "--timeout=3m"])
      const ready = await readyPods(cluster, podsOf("auth"))
      return `${ready.length} pod ready`
    },
  },
  {
    name: "install mcp: the command that NOTES print",
    installs: true,
    run: async ({ cluster }) => {
      const command = commandIn(await notesOf(cluster, "auth"), /^helm install mcp /)
      await cluster.shell(`${command} --wait --timeout=3m`)
      const ready = await readyPods(cluster, podsOf("mcp"))
      return `${ready.length} pod ready by: ${command}`
    },
  },
  {
    name: "helm test: both",
    run: async ({ cluster }) => {
      let checks = 0
      for (const release of RELEASES) {
        const printed = await cluster.helm(["test", release, "--logs", "--timeout=2m"])
        checks += printed.match(/^ok: /gm)?.length ?? 0
      }
      if (checks < 8) throw new Error(`only ${checks} checks`)
      return `${checks} checks`
    },
  },
  {
    name: "journey: 401, discovery, registration, consent, sign-in, token, call, refresh, revocation",
    run: async (context) => {
      await context.reach()
      return journey()
    },
  },
]
