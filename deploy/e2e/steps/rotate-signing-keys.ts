/** Step: a new signing key is added, used, and the old one dropped, in the order that deploy/README.md gives; no request fails. */
import { restarted } from "../cluster.ts"
import { type Context, podsOf } from "../context.ts"
import { statusOf } from "../journey.ts"
import { requireNoFailure, underLoad } from "../load.ts"
import type { Step } from "../step.ts"

const SECRET = "auth-credentials"
const KEY = "signing-keys.json"
const OPERATOR = "/app/services/auth/dist/operator.js"

interface KeySet {
  keys: { kid: string }[]
}

const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid

/** The operator command in a pod of auth prints the new set, which goes into the Secret; new pods read it. */
async function changeKeys({ cluster }: Context, ...command: string[]): Promise<KeySet> {
  const args = ["exec", "deployment/auth", "--", "/nodejs/bin/node", OPERATOR, "signing-keys", ...command]
  const printed = await cluster.kubectl(args)
  await cluster.patchSecret(SECRET, KEY, printed)
  await restarted(cluster, "auth", podsOf("auth"))
  return JSON.parse(printed) as KeySet
}

export const signingKeyStep: Step = {
  name: "signing keys rotated: old tokens work, new ones carry the new key, no failed request",
  run: async (context) => {
    await context.scaleUp()
    await context.reach()
    const oldToken = await context.newToken()
    const oldKid = kidOf(oldToken)
    let newKid = ""
    const result = await underLoad(context.cluster, async () => {
      const { keys } = await changeKeys(context, "add")
      newKid = keys.at(-1)?.kid ?? ""
      await changeKeys(context, "use", newKid)
    })
    await context.reach()
    const found = kidOf(await context.newToken())
    if (newKid === oldKid || found !== newKid) throw new Error(`tokens carry ${found}, not ${newKid}`)
    for (const token of [oldToken, await context.newToken()]) {
      const { status } = await statusOf(token)
      if (status !== 200) throw new Error(`a token of ${kidOf(token)} is answered ${status}`)
    }
    const { keys } = await changeKeys(context, "drop", oldKid)
    if (keys.some(({ kid }) => kid === oldKid)) throw new Error(`${oldKid} is still there`)
    return requireNoFailure(result)
  },
}
