/** Traffic of clients and attackers whose outcome is known: each answer is counted as they see it. */
import { randomBytes } from "node:crypto"
import { post, requestToken } from "../../../deploy/drill/load.ts"
import {
  callWithGarbage,
  callWithUnknownKey,
  guessClientSecret,
  registerNonsense,
} from "../../../deploy/drill/misuse.ts"
import type { System } from "../../../deploy/drill/system.ts"
import { sendModern } from "../../mcp/test/messages.ts"

export interface KnownTraffic {
  /** Calls that were served. */
  valid: number
  /** Calls that were refused, by reason. */
  refused: Readonly<Record<string, number>>
  /** Requests to the authorization server that a guard of it refused. */
  attacks: { wrongSecrets: number; limited: number }
}

/** @throws Error when anything is answered otherwise than it must be */
export async function sendKnownTraffic(system: System): Promise<KnownTraffic> {
  const tokens = [await requestToken(system), await requestToken(system), await requestToken(system)]
  await repeat(4, () => Promise.all(tokens.map((token) => answered(200, call(system, token)))))
  const { revoked, valid } = await useAfterRevocation(system, 3)
  await repeat(9, () => answered(401, call(system)))
  await repeat(7, () => answered(401, callWithGarbage(system)))
  await repeat(5, () => answered(401, callWithUnknownKey(system)))
  await repeat(4, () => answered(401, call(system, ofAnotherIssuer())))
  await repeat(2, () => answered(401, call(system, "two words")))
  await repeat(6, () =>
    answered(
      401,
      guessClientSecret(system).then(({ status }) => status),
    ),
  )
  return {
    valid: 12 + valid,
    refused: { missing: 9, unknown: 7, unknown_key: 5, wrong_issuer: 4, revoked, malformed: 2 },
    attacks: { wrongSecrets: 6, limited: await registerUntilLimited(system, 8) },
  }
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < times; i++) await work()
}

async function answered(expected: number, status: Promise<number>): Promise<void> {
  if ((await status) !== expected) throw new Error(`a request was answered ${await status}, not ${expected}`)
}

/** Calls a tool; returns the status. */
export async function call({ mcpUrl }: System, token?: string): Promise<number> {
  const params = { name: "echo", arguments: { message: "hello" } }
  const answer = await sendModern(mcpUrl, { method: "tools/call", params, ...(token !== undefined && { token }) })
  await answer.text()
  return answer.status
}

/** A token is used, revoked, and used again: what is served until the revocation has arrived is counted as served. */
async function useAfterRevocation(system: System, times: number): Promise<{ valid: number; revoked: number }> {
  const token = await requestToken(system)
  await answered(200, call(system, token))
  const { status } = await post(system, "/revoke", { form: { token }, user: `nightly:${system.clientSecret}` })
  if (status !== 200) throw new Error(`/revoke answered ${status}`)
  let valid = 1
  while ((await call(system, token)) === 200) valid++
  await repeat(times - 1, () => answered(401, call(system, token)))
  return { valid, revoked: times }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")

const ofAnotherIssuer = () =>
  `${part({ alg: "ES256", typ: "at+jwt", kid: "k" })}.${part({ iss: "https://another.test", exp: 4e9 })}.${randomBytes(64).toString("base64url")}`

/** Registers nonsense until so many requests were one too many. */
async function registerUntilLimited(system: System, times: number): Promise<number> {
  let limited = 0
  while (limited < times) if ((await registerNonsense(system)).includes("too_many_requests")) limited++
  return limited
}
