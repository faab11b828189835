/** The wire form of a call at `/mcp`, as a client of 2026-07-28 sends it: without a session. */
import exec from "k6/execution"
import http, { type BatchRequest } from "k6/http"
import { type Answer, type Decision, decisionAtResource, judge } from "./decisions.ts"
import { BASE_URL } from "./settings.ts"
import { type BadToken, garbage } from "./tokens.ts"

const TIMEOUT = "10s"
const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "k6", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
}

/** Another message each time, so that an answer that belongs to somebody else is seen. */
const newMessage = (): string =>
  `${exec.vu.idInTest}-${exec.vu.iterationInInstance}-${Math.random().toString(36).slice(2)}`

interface Call {
  url: string
  body: string
  params: { headers: Record<string, string>; tags: { name: string }; timeout: string }
}

function callOf(token: string | undefined, message: string, baseUrl: string): Call {
  const params = { _meta: envelope, name: "echo", arguments: { message } }
  return {
    url: `${baseUrl}/mcp`,
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    params: {
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "echo",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      tags: { name: "tools/call" },
      timeout: TIMEOUT,
    },
  }
}

const echoes = (message: string) => (answer: Answer) => String(answer.body).includes(`Echo: ${message}`)

export function call(token: string | undefined, baseUrl = BASE_URL): Answer {
  const { url, body, params } = callOf(token, newMessage(), baseUrl)
  return http.post(url, body, params)
}

const ADMITTED: readonly Decision[] = ["admitted"]
const REFUSED: readonly Decision[] = ["refused"]

/** @param kind what the caller knows about the token, such as `hot` or `cold` */
export function presentGood(token: string, kind: string, right = ADMITTED): Decision {
  const message = newMessage()
  const { url, body, params } = callOf(token, message, BASE_URL)
  const answer = http.post(url, body, params)
  const decision = decisionAtResource(answer, true)
  judge(answer, decision, { kind, good: true, right, isWhole: echoes(message) })
  return decision
}

export function presentBad({ token, kind }: BadToken, right = REFUSED): Decision {
  const answer = call(token)
  const decision = decisionAtResource(answer, false)
  judge(answer, decision, { kind, good: false, right })
  return decision
}

/** One of the bad ones after the other, the random one among them. */
export const presentNextBad = (bad: readonly BadToken[], right = REFUSED): Decision =>
  presentBad(bad[exec.scenario.iterationInTest % (bad.length + 1)] ?? garbage(), right)

/** All at the same moment. */
export function presentTogether(tokens: readonly string[], kind: string): void {
  const messages = tokens.map(newMessage)
  const requests = tokens.map((token, i): BatchRequest => {
    const { url, body, params } = callOf(token, messages[i] as string, BASE_URL)
    return { method: "POST", url, body, params }
  })
  for (const [i, answer] of (http.batch(requests) as Answer[]).entries())
    judge(answer, decisionAtResource(answer, true), {
      kind,
      good: true,
      right: ADMITTED,
      isWhole: echoes(messages[i] as string),
    })
}
