/** What most providers of JWTs have in common: a document, a key set, perhaps introspection, and the ways a token can be wrong. */
import { randomBytes, randomUUID } from "node:crypto"
import type { Json } from "../fixture.ts"
import { type Answer, type EmulatorOptions, type Respond, startEmulator } from "./emulator.ts"
import { createIntrospection, type IntrospectionOptions } from "./introspection.ts"
import type { Flaw, RunningProvider } from "./provider-case.ts"
import { createSigner, type SignerOptions } from "./signer.ts"

export interface JwtProvider {
  now: () => number
  /** By their address. */
  documents: Readonly<Record<string, Json>>
  jwksUri: string
  signer?: SignerOptions
  introspection?: Omit<IntrospectionOptions, "now"> & {
    endpoint: string
    answer?: (claims: Json) => Json
    /** Calls ID tokens active too. */
    knowsIdTokens?: boolean
  }
  /** What a good access token says; each gets a number of its own. */
  claims: () => Json
  /** What that number begins with. */
  jti?: string
  /** Beyond what is wrong with the tokens of every provider. */
  flawed?: Partial<Record<Flaw, Json | (() => string)>>
  identity?: () => Json
  /** Its `typ`, where that differs. */
  identityTyp?: string
  limited?: () => Answer
}

export async function startJwtProvider(provider: JwtProvider): Promise<RunningProvider> {
  const { now, documents, jwksUri, claims, flawed = {}, identity = claims, limited } = provider
  const signer = createSigner(provider.signer)
  const introspection = provider.introspection && createIntrospection({ now, ...provider.introspection })
  const pages: Record<string, Respond> = { [`GET ${jwksUri}`]: (asked) => signer.publish(asked) }
  for (const [url, body] of Object.entries(documents)) pages[`GET ${url}`] = () => ({ status: 200, body })
  if (introspection) pages[`POST ${provider.introspection?.endpoint}`] = introspection.respond
  const options: EmulatorOptions = { pages, ...(limited && { limited }) }
  const emulator = await startEmulator(options)

  const issueAs = (payload: Json) => {
    const token = signer.sign(payload)
    introspection?.know(token, provider.introspection?.answer?.(payload) ?? payload)
    return token
  }
  const issueIdentity = () => {
    if (provider.introspection?.knowsIdTokens) return issueAs(identity())
    return signer.sign(identity(), provider.identityTyp === undefined ? {} : { typ: provider.identityTyp })
  }
  const issue = (kind: "good" | Flaw): string => {
    const good = { ...claims(), jti: `${provider.jti ?? ""}${randomUUID()}` }
    if (kind === "good") return issueAs(good)
    const flaw = flawed[kind]
    if (typeof flaw === "function") return flaw()
    if (flaw) return issueAs({ ...good, ...flaw })
    switch (kind) {
      case "expired":
        return issueAs({ ...good, iat: now() - 7200, exp: now() - 3600 })
      case "an ID token":
        return issueIdentity()
      case "forged":
        return signer.forge(good)
      case "encrypted":
        return [{ alg: "dir", enc: "A256GCM" }, "", "iv", "text", "tag"].map(part).join(".")
      case "bound to a key":
        return issueAs({ ...good, cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } })
      case "opaque":
      case "a refresh token":
        return randomBytes(24).toString("base64url")
      default:
        throw new Error(`this emulator issues no token that is ${kind}`)
    }
  }
  return {
    emulator,
    issue,
    revoke: (token) => introspection?.revoke(token),
    rotateKeys: signer.rotate,
    ...(introspection && { rejectCredentials: introspection.rejectCredentials }),
  }
}

const part = (value: object | string): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")
