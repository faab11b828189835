/** Asking over HTTP, once: what is nearest to the wire. An introspection endpoint (RFC 7662 §2.1), or a provider's own. */
import { authenticateTo, type ClientCredentials } from "../http/client-authentication.ts"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { INACTIVE, type Introspect, type Introspection, refusedFor } from "../introspection.ts"
import type { ProviderApi } from "../providers/provider-api.ts"
import type { RawClaims } from "../providers/raw-claims.ts"
import { Unavailable } from "../unavailable.ts"

interface AskingOptions {
  client: HttpClient
  endpoint: () => string
  /** Reads an answer, `active` included. */
  read: (raw: RawClaims) => Introspection
  /** Seconds since 1970. */
  now: () => number
}

export interface HttpIntrospectionOptions extends AskingOptions {
  credentials: ClientCredentials
  /** The issuer: the audience of an assertion that authenticates us. */
  issuer: () => string
  /** What was asked about is signed by this server: when it introspects no such token, the fault is in our configuration. */
  signed?: boolean
}

export function httpIntrospection(options: HttpIntrospectionOptions): Introspect {
  const { client, endpoint, credentials, issuer, now, read, signed = false } = options
  return async (token, signal) => {
    const { headers, fields } = await authenticateTo(credentials, { audience: issuer(), now: now() })
    const body = new URLSearchParams({ token, token_type_hint: "access_token", ...fields }).toString()
    const contentType = { "content-type": "application/x-www-form-urlencoded" }
    const answer = await client.ask(endpoint(), {
      operation: "introspect",
      method: "POST",
      headers: { ...headers, ...contentType },
      body,
      signal,
    })
    return isUnsupported(answer) ? unsupported(signed) : readAnswer(answer, read)
  }
}

/** By the name that RFC 7009 §2.2.1 gives it. node-oidc-provider says so of every JWT, whoever made it. */
const isUnsupported = ({ status, json }: HttpAnswer): boolean =>
  status === 400 && (json as { error?: unknown } | null)?.error === "unsupported_token_type"

/** @throws Unavailable */
function unsupported(signed: boolean): Introspection {
  if (!signed) return refusedFor("unknown")
  const cause = new Error("it introspects no JWTs (unsupported_token_type): set TOKEN_VALIDATION=jwt")
  throw new Unavailable("bad_response", { cause, questionRefused: true })
}

/** Only a 200 says something about the token; every other status is about us or about the server. */
function readAnswer({ status, json, retryAfterSeconds }: HttpAnswer, read: AskingOptions["read"]): Introspection {
  if (status !== 200) throw unavailableFor({ status, retryAfterSeconds })
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return read(json as RawClaims)
  throw new Unavailable("bad_response", { cause: new TypeError("the introspection endpoint answered no JSON object") })
}

/** What a status that says nothing about the token says about us and the server. */
export function unavailableFor({
  status,
  retryAfterSeconds,
}: Pick<HttpAnswer, "status" | "retryAfterSeconds">): Unavailable {
  const cause = new Error(`the authorization server answered ${status}`)
  // RFC 7662 §2.3: 401 is about our own credentials. Whoever sent the token is not to blame.
  if (status === 401 || status === 403) return new Unavailable("credentials_rejected", { cause })
  if (status === 429) return new Unavailable("rate_limited", { cause, retryAfterSeconds })
  const retryable = status >= 500
  return new Unavailable("bad_response", {
    cause,
    retryAfterSeconds,
    retryable,
    questionRefused: !retryable && status >= 400,
  })
}

export interface ProviderApiOptions extends AskingOptions {
  api: ProviderApi
  credentials: ClientCredentials | undefined
}

export function providerIntrospection({
  client,
  endpoint,
  api,
  credentials,
  now,
  read,
}: ProviderApiOptions): Introspect {
  return async (token, signal) => {
    const request = api.request(token, { endpoint: endpoint(), credentials })
    if (request === undefined) return INACTIVE
    const { url, ...question } = request
    return read(api.read(await client.ask(url, { operation: "introspect", ...question, signal }), now()))
  }
}
