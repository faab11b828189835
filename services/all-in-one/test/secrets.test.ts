/** Y0, the master test of secrets: they are planted wherever somebody can put one, and searched for wherever somebody else can look. */
import { randomBytes } from "node:crypto"
import { formatBasicCredentials } from "@gatehouse/oauth"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { authorizePath, codeVerifier, hiddenFields, sendJson, Visitor } from "../../auth/test/visitor.ts"
import { openSession, sendModern } from "../../mcp/test/messages.ts"
import { FORM, type Planting, post, type World } from "./secrets/planting.ts"
import { fromClients } from "./secrets/plantings-auth.ts"
import { atMcp } from "./secrets/plantings-mcp.ts"
import { fromBrowsers } from "./secrets/plantings-people.ts"
import { FORMS, findIn, needlesOf, newSecret } from "./secrets/search.ts"
import { REDIRECT_URI, type Setting, startSetting } from "./secrets/setting.ts"

const everywhere = [...fromClients, ...fromBrowsers, ...atMcp]

const CLIENT_NAME = "Canary in the coal mine"

describe("OAuth services, their secrets", () => {
  let setting: Setting
  let world: World
  const planted: { planting: Planting; phase: string; secret: string }[] = []
  /** What the services made themselves and gave to one only, by what it is. */
  const issued: { what: string; secret: string }[] = []
  /** How often each status was answered, by phase. */
  const statuses = new Map<string, Record<string, number>>()

  beforeAll(async () => {
    setting = await startSetting()
    world = await enter(setting, issued)
  })
  afterAll(() => setting?.stop())

  /** Plants each; what its own answer shows is told at once. */
  async function plant(phase: string, plantings: readonly Planting[]): Promise<string[]> {
    const leaks: string[] = []
    for (const planting of plantings) {
      const secret = newSecret()
      planted.push({ planting, phase, secret })
      const text = await planting.send(secret, world).catch((error) => `no answer: ${error?.cause ?? error}`)
      const status = /^(?:HTTP\/1\.1 )?(\d{3})/.exec(text)?.[1] ?? "none"
      const counts = statuses.get(phase) ?? {}
      statuses.set(phase, { ...counts, [status]: (counts[status] ?? 0) + 1 })
      const found = planting.returned ? undefined : findIn([{ name: "its answer", text }], secret)
      if (found) leaks.push(`${planting.where} (${phase}): ${found}`)
    }
    return leaks
  }

  /** Searches everything for everything. */
  async function search(): Promise<string[]> {
    const sinks = await setting.sinks()
    const operators = Object.entries(setting.operators).map(([what, secret]) => ({ what, secret, among: sinks }))
    const made = issued.map((each) => ({ ...each, among: sinks }))
    const theirs = planted.map(({ planting, phase, secret }) => ({
      what: `${planting.where} (${phase})`,
      secret,
      among: sinks.filter(({ name }) => name !== planting.kept),
    }))
    return [...operators, ...made, ...theirs].flatMap(({ what, secret, among }) => {
      const found = findIn(among, secret)
      return found === undefined ? [] : [`${what}: ${found}`]
    })
  }

  it("the search finds a secret in every form, and the beginning or the end of one", () => {
    for (let i = 0; i < 50; i++) {
      const secret = newSecret()
      const before = randomBytes(i % 7)
        .toString("latin1")
        .replace(/[^a-z]/g, "x")
      const told = `${before}${secret}`
      const forms = {
        raw: told,
        "URL-encoded": encodeURIComponent(told),
        JSON: JSON.stringify({ told }).replaceAll("/", "\\/"),
        HTML: told,
        base64: Buffer.from(told).toString("base64"),
        base64url: Buffer.from(told).toString("base64url"),
        hex: Buffer.from(told).toString("hex"),
        lower: told.toLowerCase(),
        beginning: secret.slice(0, 12),
        end: secret.slice(-12),
      }
      for (const [form, text] of Object.entries(forms))
        expect(findIn([{ name: form, text: `{"x":"${text}"}` }], secret), form).toContain(form)
      expect(findIn([{ name: "others", text: newSecret() }], secret)).toBeUndefined()
    }
    expect(new Set(needlesOf(newSecret()).map(({ form }) => form))).toEqual(new Set(FORMS))
  })

  it("Y0 what works: secrets are in no answer to anybody else", async () => {
    expect(await plant("all is well", everywhere)).toEqual([])
    expect(await search()).toEqual([])
  }, 120_000)

  it("the search finds what may be told, everywhere that it looks", async () => {
    const sinks = await setting.sinks()
    const named = (pattern: RegExp) => sinks.filter(({ name }) => pattern.test(name))
    const told: [RegExp, string, number][] = [
      [/^the log of auth$/, "auth.client.registered", 1],
      [/^the log of mcp$/, "access token refused", 1],
      [/^\/metrics/, "process_cpu_seconds_total", 4],
      [/^\/health/, "token validation", 2],
      [/^spans/, "tools/call longRunningOperation", 2],
      [/^paths/, "/v1/traces\n/v1/traces", 1],
      [/^Redis$/, CLIENT_NAME, 1],
      [/^Redis$/, "auth:revocations stream", 1],
    ]
    for (const [where, text, times] of told)
      expect(named(where).filter((sink) => findIn([sink], text)).length, text).toBe(times)
    // What is kept because that is what it is for is found where it is kept: the search would find it elsewhere too.
    for (const { planting, secret } of planted.filter((each) => each.planting.kept))
      expect(findIn(sinks, secret), planting.where).toContain(`in ${planting.kept}`)
  })

  it("Y0 Redis is down: errors tell no secret either", async () => {
    await setting.redis.kill()
    expect(await plant("Redis is down", everywhere)).toEqual([])
    const leaks = await search()
    await setting.redis.restart()
    expect([...leaks, ...(await search())]).toEqual([])
  }, 240_000)

  it("Y0 the authorization server is down: errors tell no secret either", async () => {
    world = { ...world, token: await requestToken(setting, issued) } // nobody remembers an answer about it
    await setting.auth.end()
    expect(await plant("the authorization server is down", atMcp)).toEqual([])
    expect(await search()).toEqual([])
  }, 120_000)

  it("the plantings got where they were meant to go: every kind of answer was among them", () => {
    const of = (phase: string) => Object.keys(statuses.get(phase) ?? {})
    const everyKind = ["200", "201", "202", "400", "401", "403", "404", "405", "413", "415", "421", "431"]
    expect(of("all is well")).toEqual(expect.arrayContaining(everyKind))
    expect(of("all is well")).not.toContain("503")
    expect(statuses.get("Redis is down")?.["503"]).toBeGreaterThan(15)
    expect(statuses.get("the authorization server is down")?.["503"]).toBeGreaterThan(15)
    for (const phase of statuses.keys()) expect(of(phase)).not.toContain("500")
  })
})

/** The whole life of a client, so that there is a secret of every kind that the services make. */
async function enter(setting: Setting, issued: { what: string; secret: string }[]): Promise<World> {
  const learn = (what: string, secret: unknown) => issued.push({ what, secret: String(secret) })
  const secretOf = (opaque: unknown) => String(opaque).split(".")[1] ?? ""
  const registration = await sendJson(setting.authPort, "/register", {
    client_name: CLIENT_NAME,
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "client_secret_basic",
  })
  const client = JSON.parse(registration.body)
  learn("client_secret of a registration", client.client_secret)
  const headers = {
    "content-type": FORM,
    authorization: formatBasicCredentials({ clientId: client.client_id, clientSecret: client.client_secret }),
  }
  const ask = async (path: string, fields: Record<string, string>) => {
    const body =
      (await post(setting.issuer + path, new URLSearchParams(fields).toString(), headers)).split("\n")[2] ?? ""
    return body === "" ? {} : JSON.parse(body)
  }
  const learnTokens = (tokens: { access_token: string; refresh_token: string }) => {
    const [, payload, signature] = tokens.access_token.split(".")
    learn("payload of an access token", payload)
    learn("signature of an access token", signature)
    learn("refresh token", secretOf(tokens.refresh_token))
  }

  const state = newSecret()
  const visitor = new Visitor(setting.authPort)
  const consent = await visitor.get(authorizePath(client.client_id, { redirect_uri: REDIRECT_URI, state }))
  learn("CSRF token of the consent", hiddenFields(consent.body)["csrf"])
  const signIn = await visitor.get(await visitor.approve(consent))
  const fields = hiddenFields(signIn.body)
  learn("CSRF token of the sign-in", fields["csrf"])
  learn("transaction", fields["transaction"])
  for (const [, cookie] of visitor.cookies) learn("cookie", cookie)
  const back = await visitor.post("/sign-in", { ...fields, name: "Ada" })
  if (new URL(back.headers.location ?? "").host !== new URL(REDIRECT_URI).host) throw new Error("sent to somebody else")
  const code = back.redirected.get("code") ?? ""
  learn("code", secretOf(code))
  learn("code_verifier", codeVerifier)
  learn("state of a flow that ended", state)
  const redemption = { grant_type: "authorization_code", code, code_verifier: codeVerifier, redirect_uri: REDIRECT_URI }
  const first = await ask("/token", redemption)
  learnTokens(first)
  const second = await ask("/token", { grant_type: "refresh_token", refresh_token: first.refresh_token })
  learnTokens(second)

  const { mcpUrl } = setting
  const session = await openSession(mcpUrl, second.access_token)
  learn("session", session.slice(-24))
  // Ended by a replay: an event in the stream, and tokens that are refused from then on.
  await sendModern(mcpUrl, { token: first.access_token })
  await ask("/token", redemption)
  await sendModern(mcpUrl, { token: second.access_token })

  const token = await requestToken(setting, issued)
  return { ...setting, token, session: await openSession(mcpUrl, token), clientId: client.client_id }
}

/** Of the client that the operator knows. */
async function requestToken(setting: Setting, issued: { what: string; secret: string }[]): Promise<string> {
  const credentials = formatBasicCredentials({ clientId: "nightly", clientSecret: setting.clientSecret })
  const headers = { "content-type": FORM, authorization: credentials }
  const answer = (await post(`${setting.issuer}/token`, "grant_type=client_credentials", headers)).split("\n")[2] ?? ""
  const token: string = JSON.parse(answer).access_token
  issued.push({ what: "signature of a client's own access token", secret: token.split(".")[2] ?? "" })
  return token
}
