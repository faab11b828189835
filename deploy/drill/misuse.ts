/** What attackers and broken clients do. */
import { createHash, randomBytes } from "node:crypto"
import { Browser } from "../../services/all-in-one/test/e2e/browser.ts"
import { authorizePath, hiddenFields, Visitor } from "../../services/auth/test/visitor.ts"
import { callTool, post } from "./load.ts"
import { REDIRECT_URI, type System } from "./system.ts"

/** Does it again and again, whatever comes of it; returns how to stop. */
export function keepDoing(everyMs: number, work: () => Promise<unknown>): () => void {
  const timer = setInterval(() => void work().catch(() => {}), everyMs)
  return () => clearInterval(timer)
}

const verifier = randomBytes(32).toString("base64url")
const challenge = createHash("sha256").update(verifier).digest("base64url")

/** A person approves and signs in; the code that the client gets. */
async function authorize({ issuer }: System): Promise<string> {
  const url = new URL("/authorize", issuer)
  url.search = String(
    new URLSearchParams({
      client_id: "app",
      response_type: "code",
      redirect_uri: REDIRECT_URI,
      code_challenge: challenge,
      code_challenge_method: "S256",
      state: "s",
    }),
  )
  const code = (await new Browser().authorize(url, "Ada")).searchParams.get("code")
  if (code === null) throw new Error("no code was issued")
  return code
}

function redeem(system: System, code: string) {
  const form = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier }
  return post(system, "/token", { form: { ...form, client_id: "app" } })
}

/** @throws Error when the first redemption fails, or the second does not */
export async function replayCode(system: System): Promise<void> {
  const code = await authorize(system)
  const [first, second] = [await redeem(system, code), await redeem(system, code)]
  if (first.status !== 200 || second.status !== 400) throw new Error(`redeemed: ${first.status}, then ${second.status}`)
}

/** A refresh token comes back after its successor was used. */
export async function reuseRefreshToken(system: System): Promise<void> {
  let answer = await redeem(system, await authorize(system))
  const stolen = String(answer.body["refresh_token"])
  const refresh = (token: string) =>
    post(system, "/token", { form: { grant_type: "refresh_token", refresh_token: token, client_id: "app" } })
  for (let i = 0; i < 2; i++) answer = await refresh(String(answer.body["refresh_token"]))
  if (answer.status !== 200) throw new Error(`a refresh was answered ${answer.status}`)
  const { status } = await refresh(stolen)
  if (status !== 400) throw new Error(`the reuse of a refresh token was answered ${status}`)
}

export const guessClientSecret = (system: System) => {
  const form = { grant_type: "client_credentials" }
  return post(system, "/token", { form, user: `nightly:${randomBytes(32).toString("base64url")}` })
}

/** Each time a sign-in page is answered without a name. */
export async function failToSignIn({ issuer }: System): Promise<void> {
  const visitor = new Visitor(Number(new URL(issuer).port))
  const consent = await visitor.get(authorizePath("app", { redirect_uri: REDIRECT_URI }))
  const page = await visitor.get(await visitor.approve(consent))
  await visitor.post("/sign-in", { ...hiddenFields(page.body), name: "" })
}

export const registerNonsense = ({ issuer }: System) =>
  fetch(`${issuer}/register`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }).then(
    (answer) => answer.text(),
  )

/** What every new client does first. */
export const readMetadata = ({ issuer }: System) =>
  fetch(`${issuer}/.well-known/oauth-authorization-server`).then((answer) => answer.text())

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A token of the right form and the wrong key. */
export const callWithUnknownKey = (system: System) => {
  const claims = { iss: system.issuer, aud: system.mcpUrl, sub: "x", client_id: "x", exp: Date.now() / 1000 + 600 }
  const header = { alg: "ES256", typ: "at+jwt", kid: randomBytes(8).toString("hex") }
  const signature = randomBytes(64).toString("base64url")
  return callTool(system, `${part(header)}.${part({ ...claims, jti: randomBytes(8).toString("hex") })}.${signature}`)
}

export const callWithGarbage = (system: System) => callTool(system, randomBytes(24).toString("base64url"))
