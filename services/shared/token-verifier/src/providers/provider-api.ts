/** Asking a provider that has an endpoint of its own in place of introspection (RFC 7662), for opaque tokens. */
import type { ClientCredentials } from "../http/client-authentication.ts"
import type { HttpAnswer } from "../http/http-client.ts"
import type { RawClaims } from "./raw-claims.ts"

interface ProviderRequest {
  method: "GET" | "POST"
  url: string
  headers: Record<string, string>
  body: string
}

export interface ProviderApi {
  /** Where it is asked; an operator's `INTROSPECTION_URL` takes its place. `clientId` is undefined where it needs none. */
  endpoint(clientId: string | undefined): string
  /** What is missing to ask it, as the end of a sentence; undefined when nothing is. */
  needs(settings: {
    credentials: ClientCredentials | undefined
    allowedClientIds: readonly string[]
  }): string | undefined
  /** A token that it never issued and that `request` lets through: asked about to learn whether there is an answer at all. */
  probeToken: string
  /** Undefined: a token of this form cannot be one of its access tokens, and is refused without asking. */
  request(
    token: string,
    to: { endpoint: string; credentials: ClientCredentials | undefined },
  ): ProviderRequest | undefined
  /**
   * The answer in the names of RFC 7662, `active` included.
   * @throws Unavailable when it decides nothing: about our own credentials, a limit, a fault
   */
  read(answer: HttpAnswer, now: number): RawClaims
}
