/** The Job that makes credentials: once, whole, never twice, and in a form that the services take. */
import { findFreePort } from "@gatehouse/test-kit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { parseClientsFile } from "../../../auth/src/domain/clients-file.ts"
import { hashOf } from "../../../auth/src/domain/hash.ts"
import { parseSigningKeys } from "../../../auth/src/domain/signing-keys.ts"
import { openCluster } from "../src/cluster.ts"
import { parseCredentialPlan } from "../src/credentials.ts"
import { ensureSecret } from "../src/ensure-secret.ts"
import { type ApiServer, startApiServer } from "./api-server.ts"
import { runProgramOf } from "./programs.ts"

const NAME = "auth-credentials"
const plan = parseCredentialPlan(
  JSON.stringify({
    "introspection-client-secret": "password",
    "signing-keys.json": "signing-keys",
    "clients.json": "test-client",
    "redis-password": "password",
  }),
)
const KEYS = [
  "introspection-client-secret",
  "signing-keys.json",
  "clients.json",
  "test-client-secret",
  "redis-password",
]

let api: ApiServer
beforeEach(async () => {
  api = await startApiServer()
})
afterEach(() => api.close())

const cluster = () => openCluster({ host: "127.0.0.1", port: api.port, directory: api.directory })
const wanted = { name: NAME, labels: { "app.kubernetes.io/part-of": "gatehouse" }, plan, testClientId: "helm-test" }
const ensure = (what = wanted) => ensureSecret(cluster(), what, { timeoutMs: 300, pauseMs: 20 })
const encoded = (text: string) => Buffer.from(text).toString("base64")
const given = (data: Record<string, string>) =>
  api.secrets.set(NAME, {
    metadata: { name: NAME, resourceVersion: "1" },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encoded(text)])),
  })

describe("credentials of a release", () => {
  it("are made where there are none, in one Secret with its labels", async () => {
    expect(await ensure()).toBe(`Secret ${NAME} is created with ${KEYS.join(", ")}`)
    const secret = api.secrets.get(NAME)
    expect(Object.keys(secret?.data ?? {})).toEqual(KEYS)
    expect(secret).toMatchObject({ type: "Opaque", metadata: { labels: wanted.labels } })
  })

  it("are what the authorization server reads", async () => {
    await ensure()
    const keys = parseSigningKeys(api.valueOf(NAME, "signing-keys.json") ?? "")
    expect(await keys.sign({ sub: "a" })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const { clients } = parseClientsFile(api.valueOf(NAME, "clients.json") ?? "")
    const secretHash = hashOf(api.valueOf(NAME, "test-client-secret") ?? "")
    expect(clients).toMatchObject([{ clientId: "helm-test", secretHash, grantTypes: ["client_credentials"] }])
  })

  it("have 256 random bits, other ones each time", async () => {
    await ensure()
    const first = api.valueOf(NAME, "redis-password")
    expect(first).toMatch(/^[\w-]{43}$/)
    expect(first).not.toBe(api.valueOf(NAME, "introspection-client-secret"))
    api.secrets.clear()
    await ensure()
    expect(api.valueOf(NAME, "redis-password")).not.toBe(first)
  })

  it("are never changed: done again, nothing happens", async () => {
    await ensure()
    const before = structuredClone(api.secrets.get(NAME))
    expect(await ensure()).toBe(`Secret ${NAME} has every key already: nothing is changed`)
    expect(api.secrets.get(NAME)).toEqual(before)
  })

  it("are completed where a key is missing, an empty one counting as there", async () => {
    given({ "redis-password": "chosen by hand", "introspection-client-secret": "" })
    expect(await ensure()).toMatch(/has got signing-keys\.json, clients\.json, test-client-secret;/)
    expect(api.valueOf(NAME, "redis-password")).toBe("chosen by hand")
    expect(api.valueOf(NAME, "introspection-client-secret")).toBe("")
  })

  it("fit together where half of the test client is there", async () => {
    const secret = "s".repeat(40)
    given({ "test-client-secret": secret })
    await ensure()
    expect(JSON.parse(api.valueOf(NAME, "clients.json") ?? "").clients[0].client_secret).toBe(secret)
    const clients = [{ client_id: "helm-test", client_secret: "t".repeat(40), grant_types: ["client_credentials"] }]
    given({ "clients.json": JSON.stringify({ clients }) })
    await ensure()
    expect(api.valueOf(NAME, "test-client-secret")).toBe("t".repeat(40))
    given({ "clients.json": JSON.stringify({ clients: [] }) })
    await expect(ensure()).rejects.toThrow("clients.json is there and has no client helm-test with a secret")
  })

  it("have one answer when many Jobs make them at once", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ensure()))
    expect(answers.filter((answer) => answer.includes("is created"))).toHaveLength(1)
    expect(answers.filter((answer) => answer.includes("nothing is changed"))).toHaveLength(11)
    expect(api.requests.filter((verb) => verb === "create").length).toBeGreaterThan(1) // or nobody met anybody
  })

  it("have one answer when many Jobs complete them at once", async () => {
    given({ "redis-password": "chosen by hand" })
    const versions = new Set<string>()
    api.before = ({ verb }) => {
      if (verb === "get") versions.add(api.valueOf(NAME, "introspection-client-secret") ?? "none")
    }
    const answers = await Promise.all(Array.from({ length: 12 }, () => ensure()))
    expect(answers.filter((answer) => answer.includes("has got"))).toHaveLength(1)
    expect(versions.size).toBe(2) // none, and the one that stays
    expect(api.requests.filter((verb) => verb === "patch").length).toBeGreaterThan(1)
  })

  it("are made anew when the Secret is deleted between two requests", async () => {
    given({ "redis-password": "chosen by hand" })
    let deleted = false
    api.before = ({ verb }) => {
      if (verb === "patch" && !deleted) deleted = api.secrets.delete(NAME)
    }
    expect(await ensure()).toContain("is created with")
    expect(deleted).toBe(true)
  })

  it.each(["get", "create"])("say which permission is missing: %s", async (verb) => {
    api.allowed.delete(verb)
    await expect(ensure()).rejects.toThrow(
      new RegExp(`cannot ${verb} resource "secrets".*its Role needs create on secrets`),
    )
  })

  it("say so when keys must not be added", async () => {
    given({ "redis-password": "chosen by hand" })
    api.allowed.delete("patch")
    await expect(ensure()).rejects.toThrow(/add keys to Secret auth-credentials in namespace shop \(403: /)
  })

  it("come from an API server that its CA vouches for, and from no other", async () => {
    const other = await startApiServer()
    const impostor = openCluster({ host: "127.0.0.1", port: other.port, directory: api.directory })
    await expect(ensureSecret(impostor, wanted, { timeoutMs: 50, pauseMs: 20 })).rejects.toThrow(/does not answer/)
    expect(other.requests).toEqual([])
    await other.close()
  })

  it.each([
    ['{"a":"secret"}', "has a kind that is not one of password, signing-keys, test-client at a"],
    ['{"a/b":"password"}', 'has the key "a/b", which no Secret can have'],
    ['{"a":"test-client"}', "must call the key of the test client clients.json"],
    ['{"test-client-secret":"password"}', "must not name test-client-secret"],
    ["[]", "must be a JSON object"],
    ["{", "must be a JSON object"],
  ])("are refused when they are asked for in a way that cannot be: %s", (text, sentence) => {
    expect(() => parseCredentialPlan(text)).toThrow(sentence)
  })
})

describe("create-credentials.js", () => {
  const environment = (): Record<string, string> => ({
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: String(api.port),
    KUBERNETES_PORT_443_TCP: "tcp://10.0.0.1:443",
    SERVICE_ACCOUNT_DIRECTORY: api.directory,
    SECRET_NAME: NAME,
    SECRET_LABELS: JSON.stringify(wanted.labels),
    CREDENTIALS: JSON.stringify(plan),
  })
  const run = (env: Record<string, string> = {}) =>
    runProgramOf("shared/release/src/create-credentials.ts", { ...environment(), ...env })

  it("says in one line what it did, with the names of keys and no value", async () => {
    const { code, lines, stderr } = await run({ TEST_CLIENT_ID: "smoke" })
    expect({ code, lines, stderr }).toEqual({
      code: 0,
      lines: [`Secret ${NAME} is created with ${KEYS.join(", ")}`],
      stderr: "",
    })
    for (const key of KEYS) expect(lines.join()).not.toContain(api.valueOf(NAME, key))
    expect(JSON.parse(api.valueOf(NAME, "clients.json") ?? "").clients[0].client_id).toBe("smoke")
  })

  it("ends with 1 and a sentence when nobody answers", async () => {
    const port = String(await findFreePort())
    const { code, lines } = await run({ KUBERNETES_SERVICE_PORT: port, CREDENTIALS_TIMEOUT_SECONDS: "1" })
    expect(code).toBe(1)
    expect(lines).toEqual([
      `failed: the API server at 127.0.0.1:${port} does not answer (ECONNREFUSED): may this pod reach it (NetworkPolicy)?`,
    ])
  })

  it("ends with 1 and a sentence a problem when it is not told what it needs", async () => {
    const { code, lines } = await run({ SECRET_NAME: "", CREDENTIALS: "" })
    expect({ code, lines }).toEqual({
      code: 1,
      lines: ["failed: SECRET_NAME is needed", "failed: CREDENTIALS is needed"],
    })
    const without = await run({ SERVICE_ACCOUNT_DIRECTORY: "/nowhere" })
    expect(without.lines.join()).toMatch(
      /^failed: there is no \/nowhere\/ca\.crt: the pod needs a service account token/,
    )
  })
})
