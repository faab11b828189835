/** The authorization response (RFC 6749 §4.1.2): where the browser is sent with the code, or with the error. */
import { isLoopbackRedirectUri, type OAuthError } from "@gatehouse/oauth"
import type { Requester } from "./authorization-request.ts"

/** Where an answer goes: the redirect URI, and the state to repeat. */
export type ResponseTarget = Pick<Requester, "redirectUri" | "state">

export const codeLocation = (target: ResponseTarget, issuer: string, code: string): string =>
  locationOf(target, issuer, { code })

export const errorLocation = (target: ResponseTarget, issuer: string, error: OAuthError): string =>
  locationOf(target, issuer, { error: error.code, error_description: error.description })

/** Appended as text: the redirect URI itself stays byte for byte what was registered. `iss` is RFC 9207 §2. */
function locationOf({ redirectUri, state }: ResponseTarget, issuer: string, answer: Record<string, string>): string {
  const parameters = new URLSearchParams({ ...answer, ...(state !== undefined && { state }), iss: issuer })
  const separator = !redirectUri.includes("?") ? "?" : /[?&]$/.test(redirectUri) ? "" : "&"
  return `${redirectUri}${separator}${parameters}`
}

/**
 * Whether an error may be answered by a redirect that nobody has seen a page before. Anyone can register a client here, so a
 * redirect to its web site would make this server an open redirector (RFC 9700 §4.11.2): then a page with a link stands between.
 * Not so for the operator's own clients, nor when the redirect stays on the person's own machine.
 */
export const redirectsUnseen = ({ client, redirectUri }: Requester): boolean =>
  client.source === "pre-registered" || isLoopbackRedirectUri(redirectUri)
