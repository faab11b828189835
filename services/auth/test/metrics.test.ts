/** What the authorization server counts: every metric moves when it should, from zero, and says nothing of anybody. */
import { generateKeyPairSync } from "node:crypto"
import { createMetrics } from "@gatehouse/service-kit"
import { checkMetrics, type Exposed, readExposition } from "@gatehouse/test-kit"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { parseSigningKeys } from "../src/domain/signing-keys.ts"
import { createAuthMetrics, declareSigningKeyEnd } from "../src/metrics/auth-metrics.ts"
import { measuredIntrospection } from "../src/metrics/introspection-metrics.ts"
import { preRegistered, RESOURCE, startFront, startFrontWithout } from "./front.ts"
import { basic, knownClient, startAuth, type TestAuth } from "./harness.ts"
import { authorizePath, hiddenFields, send, sendJson, Visitor } from "./visitor.ts"

const exposed = async ({ metrics }: Pick<TestAuth, "metrics">): Promise<Exposed> =>
  readExposition((await metrics.expose()).body)

/** How much these series, or sums of series, grew while something was done. */
async function growth(auth: TestAuth, step: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await exposed(auth)
  await step()
  const after = await exposed(auth)
  const series = (each: Exposed) =>
    each.text.split("\n").filter((line) => /^auth_\w+(_total|_count)[{ ]/.test(line) && !line.startsWith("auth_http"))
  const names = new Set([...series(before), ...series(after)].map((line) => line.slice(0, line.lastIndexOf(" "))))
  const grown = [...names].map((name) => [name, (after.value(name) ?? 0) - (before.value(name) ?? 0)] as const)
  return Object.fromEntries(grown.filter(([, by]) => by !== 0))
}

const token = (grantType: string, result: string, error = "none") =>
  `auth_token_requests_total{grant_type="${grantType}",result="${result}",error="${error}"}`
const clientAuth = (method: string, outcome: string) =>
  `auth_client_auth_total{method="${method}",outcome="${outcome}"}`
const authorizes = (outcome: string) => `auth_authorize_requests_total{outcome="${outcome}"}`

const machine = knownClient({
  clientId: "machine",
  authMethod: "client_secret_basic",
  grantTypes: ["client_credentials"],
  source: "pre-registered",
})

let auth: TestAuth
beforeAll(async () => {
  auth = await startAuth({ clients: [machine, preRegistered], config: { resources: [RESOURCE] } })
})
afterAll(() => auth.close())

describe("OAuth metrics: POST /token", () => {
  it("counts tokens by grant type", async () => {
    const client = await auth.registerClient()
    const minted = await auth.authorizeCode({ client })
    let refreshToken = ""
    expect(
      await growth(auth, async () => {
        refreshToken = String((await auth.redeem(client, minted)).body["refresh_token"])
      }),
    ).toEqual({ [token("authorization_code", "issued")]: 1, [clientAuth("none", "valid")]: 1 })
    expect(await growth(auth, () => auth.refresh(client, refreshToken))).toEqual({
      [token("refresh_token", "issued")]: 1,
      [clientAuth("none", "valid")]: 1,
    })
    const asMachine = () =>
      auth.post("/token", { grant_type: "client_credentials" }, basic(machine.clientId, machine.secret))
    expect(await growth(auth, asMachine)).toEqual({
      [token("client_credentials", "issued")]: 1,
      [clientAuth("client_secret_basic", "valid")]: 1,
    })
  })

  it("counts refusals by their error, and a client's secret in the body apart", async () => {
    const client = await auth.registerClient({ authMethod: "client_secret_post" })
    expect(await growth(auth, () => auth.refresh(client, "planted"))).toEqual({
      [token("refresh_token", "refused", "invalid_grant")]: 1,
      [clientAuth("client_secret_post", "valid")]: 1,
    })
    expect(await growth(auth, () => auth.refresh({ ...client, secret: "planted" }, "planted"))).toEqual({
      [token("refresh_token", "refused", "invalid_client")]: 1,
      [clientAuth("client_secret_post", "invalid")]: 1,
    })
    expect(await growth(auth, () => auth.refresh(client, "planted", { grant_type: "planted" }))).toEqual({
      [token("other", "refused", "unsupported_grant_type")]: 1,
      [clientAuth("client_secret_post", "valid")]: 1,
    })
    expect(await growth(auth, () => auth.post("/token", "x", { "content-type": "text/planted" }))).toEqual({
      [token("other", "refused", "invalid_request")]: 1,
    })
  })

  it("counts wrong client authentications by the way they were tried", async () => {
    const form = { grant_type: "refresh_token", refresh_token: "x" }
    const assertion = {
      client_assertion: "a.b.c",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    const failed = { [token("refresh_token", "refused", "invalid_client")]: 1 }
    const tried: [string, Record<string, string>, Record<string, string>][] = [
      ["client_secret_basic", {}, basic("machine", "planted")],
      ["private_key_jwt", assertion, {}],
      ["none", { client_id: "planted" }, {}],
      ["other", {}, { authorization: "Bearer planted" }],
      ["other", {}, {}],
    ]
    for (const [method, fields, headers] of tried)
      expect(await growth(auth, () => auth.post("/token", { ...form, ...fields }, headers))).toEqual({
        ...failed,
        [clientAuth(method, "invalid")]: 1,
      })
  })

  it("counts a code verifier that does not match, a code that is replayed, and a refresh token that is reused", async () => {
    const client = await auth.registerClient()
    const minted = await auth.authorizeCode({ client })
    const wrong = "planted".repeat(7)
    expect(await growth(auth, () => auth.redeem(client, minted, { code_verifier: wrong }))).toMatchObject({
      auth_pkce_failures_total: 1,
      [token("authorization_code", "refused", "invalid_grant")]: 1,
    })
    const first = String((await auth.redeem(client, minted)).body["refresh_token"])
    const second = String((await auth.refresh(client, first)).body["refresh_token"])
    await auth.refresh(client, second)
    auth.clock.advance(60)
    expect(await growth(auth, () => auth.refresh(client, first))).toMatchObject({
      auth_refresh_reuse_detected_total: 1,
    })

    const again = await auth.authorizeCode({ client })
    await auth.redeem(client, again)
    expect(await growth(auth, () => auth.redeem(client, again))).toMatchObject({ auth_code_replay_detected_total: 1 })
  })

  it("counts as failed what is our fault, and an authentication that the store could not tell as unavailable", async () => {
    const down = await startFrontWithout("clients", "grants")
    const form = { grant_type: "refresh_token", refresh_token: "x", client_id: "planted" }
    expect(await growth(down, () => down.post("/token", form))).toEqual({
      [token("refresh_token", "failed", "temporarily_unavailable")]: 1,
      [clientAuth("none", "unavailable")]: 1,
    })
    await down.close()
  })

  it("does not count what a rate limit refused, but that it did", async () => {
    const limited = await startAuth({ rateLimit: 1 })
    const form = { grant_type: "refresh_token", refresh_token: "x", client_id: "x" }
    await limited.post("/token", form)
    expect(
      await growth(limited, async () => {
        expect((await limited.post("/token", form)).status).toBe(429)
        await expect.poll(async () => (await exposed(limited)).value('auth_rate_limited_total{route="/token"}')).toBe(1)
      }),
    ).toEqual({ 'auth_rate_limited_total{route="/token"}': 1 })
    await limited.close()
  })
})

describe("OAuth metrics: POST /introspect", () => {
  const active = (is: boolean) => `auth_introspection_total{active="${is}"}`

  it("counts and times answers by whether the token is active, and a wrong secret as neither", async () => {
    const client = await auth.registerClient()
    const { accessToken } = await auth.tokensFor(client)
    const asked = { [clientAuth("client_secret_post", "valid")]: 1, auth_introspection_duration_seconds_count: 1 }
    expect(await growth(auth, () => auth.introspect(accessToken))).toEqual({ ...asked, [active(true)]: 1 })
    expect(await growth(auth, () => auth.introspect("planted"))).toEqual({ ...asked, [active(false)]: 1 })
    expect(await growth(auth, () => auth.introspect(accessToken, { client_secret: "planted" }))).toEqual({
      [clientAuth("client_secret_post", "invalid")]: 1,
    })
  })

  it("counts as a failure what the store did not answer, also in process", async () => {
    const down = await startFrontWithout("grants")
    const { accessToken } = await auth.tokensFor(await auth.registerClient())
    const failed = { auth_introspection_failures_total: 1, auth_introspection_duration_seconds_count: 1 }
    expect(await growth(down, () => down.introspect(accessToken))).toMatchObject(failed)
    const introspect = measuredIntrospection(down.stores.grants, down.deps.metrics)
    expect(await growth(down, () => introspect(accessToken, { resources: [RESOURCE] }).catch(() => {}))).toEqual(failed)
    await down.close()
  })
})

describe("OAuth metrics: authorization and registration", () => {
  let ada: Visitor
  beforeEach(() => {
    ada = new Visitor(auth.port)
  })
  const path = (overrides?: Record<string, string | undefined>) => authorizePath(preRegistered.clientId, overrides)

  it("counts each step of an authorization", async () => {
    expect(await growth(auth, () => ada.authorize(path(), "Planted Person"))).toEqual({
      [authorizes("shown")]: 1,
      [authorizes("granted")]: 1,
      [authorizes("signed_in")]: 1,
    })
    const page = await ada.get(path())
    const deny = () => ada.post("/consent", { ...hiddenFields(page.body), decision: "deny" })
    expect(await growth(auth, deny)).toEqual({ [authorizes("denied")]: 1 })
    const signInPage = await ada.get(await ada.approve(await ada.get(path())))
    const nameless = () => ada.post("/sign-in", { ...hiddenFields(signInPage.body), name: "" })
    expect(await growth(auth, nameless)).toEqual({ [authorizes("sign_in_failed")]: 1 })
  })

  it("tells an error that the client is told from one that only the person sees, and from ours", async () => {
    expect(await growth(auth, () => ada.get(path({ response_type: "planted" })))).toEqual({
      [authorizes("redirected")]: 1,
    })
    expect(await growth(auth, () => ada.get(path({ client_id: "planted" })))).toEqual({ [authorizes("refused")]: 1 })
    const down = await startFrontWithout("pendingAuthorizations")
    expect(await growth(down, () => send(down.port, { path: path() }))).toEqual({ [authorizes("failed")]: 1 })
    await down.close()
  })

  it("counts registrations by what became of them", async () => {
    const registers = (outcome: string) => `auth_registrations_total{outcome="${outcome}"}`
    const metadata = { redirect_uris: ["https://planted.test/cb"], client_name: "planted" }
    expect(await growth(auth, () => sendJson(auth.port, "/register", metadata))).toEqual({
      [registers("registered")]: 1,
    })
    expect(await growth(auth, () => sendJson(auth.port, "/register", "{"))).toEqual({ [registers("refused")]: 1 })
    const down = await startFrontWithout("clients")
    expect(await growth(down, () => sendJson(down.port, "/register", metadata))).toEqual({ [registers("failed")]: 1 })
    await down.close()
  })
})

describe("OAuth metrics: the whole exposition", () => {
  it("starts at zero, so that a first failure is an increase", async () => {
    const fresh = await startFront()
    const { text, sum } = await exposed(fresh)
    for (const series of [
      token("refresh_token", "refused", "invalid_grant"),
      token("authorization_code", "failed", "server_error"),
      clientAuth("private_key_jwt", "invalid"),
      authorizes("denied"),
      "auth_refresh_reuse_detected_total",
      "auth_code_replay_detected_total",
      "auth_pkce_failures_total",
      'auth_registrations_total{outcome="refused"}',
      'auth_introspection_total{active="false"}',
      'auth_rate_limited_total{route="/sign-in"}',
      'auth_http_request_duration_seconds_count{method="POST",route="/token",code="5xx"}',
    ])
      expect(text).toContain(`\n${series} 0\n`)
    expect(sum("auth_http_request_duration_seconds_count")).toBe(0)
    await fresh.close()
  })

  it("Y5 names no client, person, token or address after all this, and promtool finds nothing to say", async () => {
    const { body } = await auth.metrics.expose("prometheus")
    for (const secret of [/planted/i, /ada/i, /eyJ/, /127\.0\.0\.1/, /machine/, /https?:/, /[0-9a-f]{8}-[0-9a-f]{4}-/])
      expect(body).not.toMatch(secret)
    expect(checkMetrics(body)).toBe("")
  })

  it("has a label's value only from its list, or other", async () => {
    const { labelsOf } = await exposed(auth)
    for (const { name, type, labels } of auth.metrics.specs())
      for (const series of labelsOf(type === "histogram" ? `${name}_count` : name))
        for (const [label, value] of Object.entries(series))
          expect([...(labels[label] ?? []), "other"]).toContain(value)
  })
})

describe("OAuth metrics: the signing key", () => {
  const keySet = (exp?: unknown) => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    return JSON.stringify({
      keys: [{ ...privateKey.export({ format: "jwk" }), kid: "planted", ...(exp !== undefined && { exp }) }],
    })
  }
  const told = async (keys: string) => {
    const metrics = createMetrics({ name: "auth", version: "0" })
    createAuthMetrics(metrics)
    const { notAfter } = parseSigningKeys(keys)
    declareSigningKeyEnd(metrics, () => notAfter)
    return (await exposed({ metrics })).value("auth_signing_key_not_after_timestamp_seconds")
  }

  it("tells when the key that signs has to be replaced, where the operator said so with exp", async () => {
    expect(await told(keySet(1_900_000_000))).toBe(1_900_000_000)
    expect(await told(keySet())).toBeUndefined()
    expect(() => parseSigningKeys(keySet("tomorrow"))).toThrow("keys[0] has an exp")
  })

  it("publishes nothing of that", () => {
    expect(parseSigningKeys(keySet(1_900_000_000)).jwks.keys[0]).not.toHaveProperty("exp")
  })
})
