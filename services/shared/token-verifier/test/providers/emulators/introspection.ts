/** An introspection endpoint (RFC 7662) with the tokens that it knows, and who may ask. */
import { parseBasicCredentials } from "@gatehouse/oauth"
import type { Json } from "../fixture.ts"
import type { Answer, Asked, Respond } from "./emulator.ts"

/** Undefined: whoever asks may. */
export type Authenticate = (asked: Asked) => Answer | undefined

export interface IntrospectionEndpoint {
  respond: Respond
  /** What it will say of a token, `active` aside. */
  know(token: string, answer: Json): void
  revoke(token: string): void
  rejectCredentials(): void
}

export interface IntrospectionOptions {
  now: () => number
  authenticate: Authenticate
  /** The answer to credentials that are not right. */
  refusal?: Answer
  /** What the provider does before it answers: hides a token from who must not see it, say. */
  finish?: (answer: Json) => Json
}

export const invalidClient: Answer = {
  status: 401,
  body: { error: "invalid_client", error_description: "Client authentication failed" },
}

/** `client_secret_basic`, decoded as RFC 6749 §2.3.1 says. */
export const basic =
  (clientId: string, clientSecret: string, refusal = invalidClient): Authenticate =>
  ({ headers }) => {
    const sent = parseBasicCredentials(headers.authorization ?? "")
    return sent?.clientId === clientId && sent.clientSecret === clientSecret ? undefined : refusal
  }

/** `client_secret_post`. */
export const post =
  (clientId: string, clientSecret: string, refusal = invalidClient): Authenticate =>
  ({ headers, form }) => {
    const isRight = form.get("client_id") === clientId && form.get("client_secret") === clientSecret
    return isRight && headers.authorization === undefined ? undefined : refusal
  }

export function createIntrospection(options: IntrospectionOptions): IntrospectionEndpoint {
  const { now, authenticate, refusal = invalidClient, finish = (answer) => answer } = options
  const known = new Map<string, Json>()
  let rejecting = false

  return {
    respond(asked) {
      const refused = rejecting ? refusal : authenticate(asked)
      if (refused) return refused
      const token = asked.form.get("token")
      if (token === null) return { status: 400, body: { error: "invalid_request" } }
      const answer = known.get(token)
      const expired = typeof answer?.["exp"] === "number" && answer["exp"] <= now()
      return {
        status: 200,
        body: answer === undefined || expired ? { active: false } : finish({ ...answer, active: true }),
      }
    },
    know: (token, answer) => void known.set(token, answer),
    revoke: (token) => void known.delete(token),
    rejectCredentials() {
      rejecting = true
    },
  }
}
