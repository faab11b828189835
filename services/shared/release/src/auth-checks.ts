/** What a release of the authorization server must do in its cluster: say who it is, issue, tell, revoke, and refuse who is not known. */
import type { RedisSettings } from "@gatehouse/service-kit"
import {
  type ClientSecret,
  endpointOf,
  postForm,
  readMetadata,
  requestToken,
  type ServerPlace,
} from "./authorization-server.ts"
import { type CheckList, needed } from "./check-list.ts"
import { askHttp, excerptOf, type HttpAnswer } from "./http-question.ts"
import { checkRedis } from "./redis-check.ts"

export interface AuthRelease {
  place: ServerPlace
  /** That tokens must be for. */
  resource: string
  testClient: ClientSecret | undefined
  resourceServer: ClientSecret | undefined
  redis: RedisSettings
  timeoutMs: number
}

type Metadata = Record<string, unknown>

const MANAGEMENT_PATHS = ["/metrics", "/health", "/readyz", "/livez"]
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

export async function checkAuthRelease(release: AuthRelease, { check }: Pick<CheckList, "check">): Promise<void> {
  const { place, resource, testClient, resourceServer, redis, timeoutMs } = release
  const metadata = await check(`the metadata at ${place.url} names the issuer ${place.issuer}`, () =>
    readMetadata(place, timeoutMs),
  )
  const known = () => needed(metadata, "the metadata could not be read")
  const at = (name: string) => endpointOf(known(), name, place)
  const client = () => needed(testClient, "there is no test client (TEST_CLIENT_ID, TEST_CLIENT_SECRET)")
  const introspector = () =>
    needed(
      resourceServer,
      "there is no resource server's secret (INTROSPECTION_CLIENT_ID, INTROSPECTION_CLIENT_SECRET)",
    )

  await check(`tokens are issued for ${resource}`, () => checkResource(known(), resource))
  await check("the JWKS has keys, and no private part of one", () => checkKeys(at("jwks_uri")))
  await check("metrics and health are not on the public port", () => checkManagementIsElsewhere(place.url))
  const token = await check("a token is issued by client credentials", () =>
    requestToken(at("token_endpoint"), client(), resource),
  )
  const issued = () => needed(token, "there is no token")
  await check("a wrong client secret is refused", async () =>
    expectRefusal(await postForm(at("token_endpoint"), wrong(client()), { grant_type: "client_credentials" })),
  )
  await check("a wrong secret of the resource server is refused", async () =>
    expectRefusal(await postForm(at("introspection_endpoint"), wrong(introspector()), { token: "of-nobody" })),
  )
  const introspect = async () => postForm(at("introspection_endpoint"), introspector(), { token: issued() })
  await check("the token is introspected as active", async () => checkActive(await introspect(), release))
  const revoked = await check("the token is revoked", async () => {
    const form = { token: issued() }
    const answer = await postForm(at("revocation_endpoint"), client(), form)
    if (answer.status !== 200) throw new Error(`it answered ${excerptOf(answer)}`)
    return true
  })
  await check("the revoked token is introspected as inactive", async () => {
    needed(revoked, "it was not revoked")
    const answer = await introspect()
    if (answer.status !== 200 || answer.json["active"] !== false) throw new Error(`it answered ${excerptOf(answer)}`)
  })
  await check("Redis answers", () => checkRedis(redis, timeoutMs))
}

function checkResource(metadata: Metadata, resource: string): void {
  const { protected_resources: listed } = metadata
  if (Array.isArray(listed) && !listed.includes(resource))
    throw new Error(`its protected_resources are ${listed.join(" and ")}`)
}

async function checkKeys(url: string): Promise<void> {
  const answer = await askHttp(url)
  const { keys } = answer.json
  if (answer.status !== 200 || !Array.isArray(keys)) throw new Error(`${url} answered ${answer.status}, and no JWK set`)
  if (keys.length === 0) throw new Error("there is no key: nobody can check a signature")
  const leaked = PRIVATE_MEMBERS.filter((member) => keys.some((key) => Object.hasOwn(key, member)))
  if (leaked.length > 0)
    throw new Error(`the private member ${leaked.join(", ")} is published: replace the signing keys`)
}

async function checkManagementIsElsewhere(url: string): Promise<void> {
  for (const path of MANAGEMENT_PATHS) {
    const { status } = await askHttp(new URL(path, url).href)
    if (status !== 404) throw new Error(`${path} answers ${status} there`)
  }
}

const wrong = ({ clientId }: ClientSecret): ClientSecret => ({ clientId, clientSecret: "wrong-".repeat(8) })

function expectRefusal(answer: HttpAnswer): void {
  if (answer.status !== 401 || answer.json["error"] !== "invalid_client")
    throw new Error(`it answered ${answer.status} ${String(answer.json["error"] ?? "")}, not 401 invalid_client`)
}

function checkActive(answer: HttpAnswer, { place, resource }: AuthRelease): void {
  const { active, iss, aud } = answer.json
  if (answer.status === 401)
    throw new Error(
      "the resource server is not known with this secret: INTROSPECTION_CLIENT_SECRET differs from that of the service",
    )
  if (active !== true) throw new Error(`it answered ${answer.status}, active: ${String(active)}`)
  if (iss !== place.issuer) throw new Error(`it names the issuer ${String(iss)}`)
  if (aud !== resource && !(Array.isArray(aud) && aud.includes(resource))) throw new Error(`it is for ${String(aud)}`)
}
