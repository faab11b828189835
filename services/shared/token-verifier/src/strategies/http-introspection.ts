/** Asking an introspection endpoint (RFC 7662 §2.1), once: what is nearest to the wire. */
import { type BasicCredentials, formatBasicCredentials } from "@gatehouse/oauth"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { type Introspect, type Introspection, readIntrospection } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

export interface HttpIntrospectionOptions {
  client: HttpClient
  /** Throws Unavailable while the endpoint is not known yet. */
  endpoint: () => string
  /** Who we are to the authorization server, as `client_secret_basic`. */
  credentials: BasicCredentials
}

export function httpIntrospection({ client, endpoint, credentials }: HttpIntrospectionOptions): Introspect {
  const headers = {
    authorization: formatBasicCredentials(credentials),
    "content-type": "application/x-www-form-urlencoded",
  }
  return async (token, signal) => {
    const body = new URLSearchParams({ token, token_type_hint: "access_token" }).toString()
    return readAnswer(await client.ask(endpoint(), { method: "POST", headers, body, signal }))
  }
}

/** Only a 200 says something about the token; every other status is about us or about the server. */
function readAnswer({ status, json, retryAfterSeconds }: HttpAnswer): Introspection {
  if (status === 200) return readIntrospection(json)
  const cause = new Error(`the introspection endpoint answered ${status}`)
  // RFC 7662 §2.3: 401 is about our own credentials. Whoever sent the token is not to blame.
  if (status === 401 || status === 403) throw new Unavailable("credentials_rejected", { cause })
  throw new Unavailable(status === 429 ? "rate_limited" : "bad_response", { cause, retryAfterSeconds })
}
