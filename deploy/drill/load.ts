/** What happens all the time: clients that get tokens and call a tool, a few a second. */
import { sendModern } from "../../services/mcp/test/messages.ts"
import type { System } from "./system.ts"

export interface Load {
  /** A token that works, unless the fault is that none does. */
  token(): string
  answered(): { ok: number; other: number }
  stop(): void
}

const POOL = 20
const CALL_EVERY_MS = 80
const TOKEN_EVERY_MS = 400

/** Resolves when there are tokens to call with. */
export async function startLoad(system: System): Promise<Load> {
  const pool: string[] = []
  const counts = { ok: 0, other: 0 }
  const fill = async () => {
    pool.push(await requestToken(system))
    if (pool.length > POOL) pool.shift()
  }
  const token = () => pool[Math.floor(Math.random() * pool.length)] ?? ""
  const count = (ok: boolean) => {
    if (ok) counts.ok++
    else counts.other++
  }
  for (let i = 0; i < POOL; i++) await fill()
  for (const each of pool) await callTool(system, each) // whatever is slow the first time
  const timers = [
    setInterval(() => void callTool(system, token()).then((status) => count(status === 200)), CALL_EVERY_MS),
    setInterval(() => void fill().catch(() => count(false)), TOKEN_EVERY_MS),
  ]
  return {
    token,
    answered: () => counts,
    stop: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

const PATIENCE_MS = 10_000

/** The status, 0 when there was none. */
export async function callTool({ mcpUrl }: System, token: string): Promise<number> {
  const params = { name: "echo", arguments: { message: "hello" } }
  const answer = await sendModern(mcpUrl, { token, method: "tools/call", params }).catch(() => undefined)
  await answer?.text().catch(() => {})
  return answer?.status ?? 0
}

/** A form posted to the authorization server. */
export async function post(
  { issuer }: System,
  path: string,
  { form, user }: { form: Record<string, string>; user?: string },
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = user === undefined ? undefined : { authorization: `Basic ${btoa(user)}` }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const body = new URLSearchParams(form)
  const answer = await fetch(issuer + path, { method: "POST", body, signal, ...(headers && { headers }) })
  const text = await answer.text()
  return { status: answer.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

/** @throws Error when none is issued */
export async function requestToken(system: System): Promise<string> {
  const form = { grant_type: "client_credentials" }
  const { status, body } = await post(system, "/token", { form, user: `nightly:${system.clientSecret}` })
  if (status !== 200) throw new Error(`/token answered ${status}`)
  return String(body["access_token"])
}
