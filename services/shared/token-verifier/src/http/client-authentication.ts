/** Who we are to an authorization server: the ways of RFC 6749 §2.3.1 and RFC 7523 §2.2, and none. */
import { createPrivateKey, type JsonWebKey, type KeyObject, randomUUID } from "node:crypto"
import { formatBasicCredentials } from "@gatehouse/oauth"
import { SignJWT } from "jose"
import { WrongConfiguration } from "../wrong-configuration.ts"

export type ClientCredentials =
  | { method: "client_secret_basic" | "client_secret_post"; clientId: string; clientSecret: string }
  | { method: "private_key_jwt"; clientId: string; key: AssertionKey }
  /** The endpoint is guarded by the network alone, as Hydra's is. */
  | { method: "none"; clientId?: string }

export interface AssertionKey {
  privateKey: KeyObject
  alg: string
  kid?: string
}

/** What a request carries for it: headers, and fields of its form. */
export interface ClientAuthentication {
  headers: Record<string, string>
  fields: Record<string, string>
}

/** RFC 7523 §3: short, since each is used once. */
const ASSERTION_SECONDS = 60
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/**
 * Makes it anew for every request: an assertion must not be sent twice.
 * @param to `audience` of the assertion (the issuer, which every server takes); `now` in seconds since 1970
 */
export async function authenticateTo(
  credentials: ClientCredentials,
  { audience, now }: { audience: string; now: number },
): Promise<ClientAuthentication> {
  switch (credentials.method) {
    case "client_secret_basic":
      return { headers: { authorization: formatBasicCredentials(credentials) }, fields: {} }
    case "client_secret_post":
      return { headers: {}, fields: { client_id: credentials.clientId, client_secret: credentials.clientSecret } }
    case "private_key_jwt": {
      const assertion = await signAssertion(credentials, audience, now)
      const { clientId } = credentials
      return {
        headers: {},
        fields: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
      }
    }
    case "none":
      return { headers: {}, fields: credentials.clientId === undefined ? {} : { client_id: credentials.clientId } }
  }
}

function signAssertion(
  { clientId, key }: { clientId: string; key: AssertionKey },
  audience: string,
  now: number,
): Promise<string> {
  const iat = Math.floor(now)
  const claims = { iss: clientId, sub: clientId, aud: audience, iat, exp: iat + ASSERTION_SECONDS, jti: randomUUID() }
  const header = { alg: key.alg, ...(key.kid !== undefined && { kid: key.kid }) }
  return new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey)
}

const algorithmsByKind: Readonly<Record<string, string>> = {
  RSA: "RS256",
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
  Ed25519: "EdDSA",
}

/**
 * Reads the private key that signs assertions, a JWK (RFC 7517) as JSON.
 * @throws WrongConfiguration without a word of what it holds
 */
export function parseAssertionKey(json: string): AssertionKey {
  try {
    const jwk = JSON.parse(json) as JsonWebKey & { alg?: string; kid?: string }
    const alg = jwk.alg ?? algorithmsByKind[jwk.crv ?? jwk.kty ?? ""]
    if (alg === undefined) throw new TypeError("no algorithm")
    const privateKey = createPrivateKey({ key: jwk, format: "jwk" })
    return { privateKey, alg, ...(jwk.kid !== undefined && { kid: jwk.kid }) }
  } catch {
    throw new WrongConfiguration("the key for private_key_jwt is not a private JWK of kind RSA, EC or Ed25519")
  }
}
