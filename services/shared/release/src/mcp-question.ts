/** Requests to an MCP endpoint, as a client of revision 2026-07-28 sends them, and what the answers must be. */
import { askHttp, askPatiently, excerptOf, type HttpAnswer } from "./http-question.ts"

const VERSION = "2026-07-28"
const META = "io.modelcontextprotocol"

const question = (token: string | undefined) => ({
  method: "POST" as const,
  headers: {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": VERSION,
    "mcp-method": "tools/call",
    "mcp-name": "whoami",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: {
      name: "whoami",
      arguments: {},
      _meta: {
        [`${META}/protocolVersion`]: VERSION,
        [`${META}/clientInfo`]: { name: "gatehouse-release-test", version: "1" },
        [`${META}/clientCapabilities`]: {},
      },
    },
  }),
})

/** RFC 9728 §5.1, RFC 6750 §3.1: where to get a token, for which scope, and no error, since nobody erred. @throws Error with a sentence */
export async function checkBareChallenge(
  mcpUrl: string,
  { metadata, timeoutMs }: { metadata: string; timeoutMs: number },
): Promise<void> {
  const answer = await askPatiently(mcpUrl, timeoutMs)
  const challenge = challengeOf(answer, mcpUrl)
  if (!challenge.includes(`resource_metadata="${metadata}"`))
    throw new Error(`the challenge does not name ${metadata}: ${challenge}`)
  if (!/ scope="[^"]+"|,\s*scope="[^"]+"/.test(challenge)) throw new Error(`the challenge names no scope: ${challenge}`)
  if (challenge.includes("error="))
    throw new Error(`the challenge of a request without a token has an error: ${challenge}`)
}

/** @throws Error with a sentence, when the token is served or is refused in another way than as invalid */
export async function checkRefused(mcpUrl: string, token: string): Promise<void> {
  const answer = await askHttp(mcpUrl, question(token))
  const challenge = challengeOf(answer, mcpUrl)
  if (!challenge.includes('error="invalid_token"')) throw new Error(`the challenge is not invalid_token: ${challenge}`)
}

function challengeOf(answer: HttpAnswer, mcpUrl: string): string {
  if (answer.status !== 401) throw new Error(otherThan401(answer, mcpUrl))
  const challenge = answer.headers.get("www-authenticate") ?? ""
  if (!/^Bearer /i.test(challenge)) throw new Error(`401 has no Bearer challenge: ${challenge}`)
  return challenge
}

function otherThan401(answer: HttpAnswer, mcpUrl: string): string {
  if (answer.status === 421) return `it does not serve the name ${new URL(mcpUrl).host}: ALLOWED_HOSTS must list it`
  if (answer.status === 503) return "it cannot tell (503): the authorization server does not answer it"
  return `it answered ${answer.status}, not 401`
}

/** The tool answers for a client of this issuer. @throws Error with a sentence */
export async function callWhoami(mcpUrl: string, token: string, issuer: string): Promise<void> {
  const answer = await askHttp(mcpUrl, question(token))
  if (answer.status === 401)
    throw new Error(`a good token is refused: ${answer.headers.get("www-authenticate") ?? "no challenge"}`)
  if (answer.status !== 200) throw new Error(`it answered ${excerptOf(answer)}`)
  const result = rpcOf(answer)["result"] as { structuredContent?: { issuer?: unknown } } | undefined
  if (result?.structuredContent === undefined) throw new Error(`it answered ${excerptOf(answer)}`)
  if (result.structuredContent.issuer !== issuer)
    throw new Error(`whoami names the issuer ${String(result.structuredContent.issuer)}`)
}

/** The answer in a body, plain or as the last event of a stream. */
function rpcOf({ headers, json, text }: HttpAnswer): Record<string, unknown> {
  if (!(headers.get("content-type") ?? "").startsWith("text/event-stream")) return json
  const last = text.split("\n").findLast((line) => line.startsWith("data: {"))
  return JSON.parse((last ?? "data: {}").slice("data: ".length)) as Record<string, unknown>
}
