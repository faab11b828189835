/** What a release of the MCP service must do in its cluster: challenge, name its authorization server, serve a token, refuse the others. */
import { setTimeout as pause } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { AUTHORIZATION_SERVER, PROTECTED_RESOURCE, wellKnownPath, wellKnownUrl } from "@gatehouse/oauth"
import type { RedisSettings } from "@gatehouse/service-kit"
import {
  type ClientSecret,
  endpointOf,
  postForm,
  readMetadata,
  requestToken,
  type ServerPlace,
} from "./authorization-server.ts"
import { type CheckList, NotChecked, needed } from "./check-list.ts"
import { askHttp, askPatiently, excerptOf } from "./http-question.ts"
import { callWhoami, checkBareChallenge, checkRefused } from "./mcp-question.ts"
import { checkRedis } from "./redis-check.ts"

export interface McpRelease {
  /** The endpoint, as it is reached in the cluster. */
  mcpUrl: string
  resource: string
  issuer: string
  /** Where the issuer is reached in the cluster. */
  authUrl: string | undefined
  testClient: ClientSecret | undefined
  redis: RedisSettings
  timeoutMs: number
  /** How long a revoked token may be served. */
  revokedWithinMs: number
}

export async function checkMcpRelease(release: McpRelease, list: Pick<CheckList, "check">): Promise<void> {
  const { mcpUrl, resource, issuer, redis, timeoutMs } = release
  const { check } = list
  await check(`${mcpUrl} challenges whoever has no token`, () =>
    checkBareChallenge(mcpUrl, { metadata: wellKnownUrl(PROTECTED_RESOURCE, resource), timeoutMs }),
  )
  await check(`its metadata is that of ${resource}, and names the issuer ${issuer}`, () => checkMetadata(release))
  const document = await check(`the authorization server's own metadata names ${issuer}`, () =>
    readMetadata(placeOf(release), timeoutMs),
  )
  await check("the MCP service shows the metadata of its authorization server as it is", () =>
    checkMirror(release, document),
  )
  await check("garbage in place of a token is refused", () => checkRefused(mcpUrl, "garbage"))
  await checkToken(release, list, document)
  await check("Redis answers", () => checkRedis(redis, timeoutMs))
}

async function checkToken(
  release: McpRelease,
  { check }: Pick<CheckList, "check">,
  document: Record<string, unknown> | undefined,
): Promise<void> {
  const { mcpUrl, resource, testClient } = release
  const client = () => needed(testClient, "there is no test client (TEST_CLIENT_ID, TEST_CLIENT_SECRET)")
  const at = (name: string) =>
    endpointOf(needed(document, "the metadata of the authorization server is not known"), name, placeOf(release))
  const token = await check("the authorization server issues a token for it", () =>
    requestToken(at("token_endpoint"), client(), resource),
  )
  const issued = () => needed(token, "there is no token")
  const served = await check("with it, tools/call whoami is answered", async () => {
    await callWhoami(mcpUrl, issued(), release.issuer)
    return true
  })
  const revoked = await check("the token is revoked", async () => {
    const form = { token: issued() }
    const answer = await postForm(at("revocation_endpoint"), client(), form)
    if (answer.status !== 200) throw new Error(`it answered ${excerptOf(answer)}`)
    return true
  })
  await check(`the revoked token is refused within ${release.revokedWithinMs / 1000} s`, async () => {
    needed(revoked, "it was not revoked")
    needed(served, "it was not served before either")
    await untilRefused(mcpUrl, issued(), release.revokedWithinMs)
  })
}

function placeOf({ issuer, authUrl }: McpRelease): ServerPlace {
  return { issuer, url: needed(authUrl, "it is not said where to reach the authorization server (AUTH_URL)") }
}

async function checkMetadata({ mcpUrl, resource, issuer, timeoutMs }: McpRelease): Promise<void> {
  const url = new URL(wellKnownPath(PROTECTED_RESOURCE, resource), mcpUrl).href
  const answer = await askPatiently(url, timeoutMs)
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
  const { resource: named, authorization_servers: servers } = answer.json
  if (named !== resource) throw new Error(`it is of ${JSON.stringify(named)}: RESOURCE_URL or BASE_URI differs`)
  if (!Array.isArray(servers) || !servers.includes(issuer))
    throw new Error(`it names the authorization servers ${JSON.stringify(servers)}: AUTH_SERVER_URL differs`)
}

async function checkMirror({ mcpUrl }: McpRelease, document: Record<string, unknown> | undefined): Promise<void> {
  const url = new URL(`/.well-known/${AUTHORIZATION_SERVER}`, mcpUrl).href
  const expected = needed(document, "the metadata of the authorization server is not known")
  const answer = await askHttp(url)
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
  if (isDeepStrictEqual(answer.json, expected)) return
  const names = [...new Set([...Object.keys(expected), ...Object.keys(answer.json)])]
  const differing = names.filter((name) => !isDeepStrictEqual(answer.json[name], expected[name]))
  throw new Error(`they differ in ${differing.join(", ")}; it is read every five minutes`)
}

const PAUSE_MS = 250

async function untilRefused(mcpUrl: string, token: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const problem = await checkRefused(mcpUrl, token).then(
      () => undefined,
      (error: Error) => error,
    )
    if (problem === undefined) return
    if (problem instanceof NotChecked || Date.now() > deadline) throw problem
    await pause(PAUSE_MS)
  }
}
