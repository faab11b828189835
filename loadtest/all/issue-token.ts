/** An access token of a client that asks for itself (RFC 6749 §4.4). */
import { type BasicCredentials, formatBasicCredentials } from "@gatehouse/oauth"

/** @throws Error with the authorization server's words, when it issues none */
export async function issueToken(issuer: string, client: BasicCredentials, resource: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: formatBasicCredentials(client) },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "mcp", resource }),
  })
  if (!answer.ok) throw new Error(`/token answered ${answer.status}: ${await answer.text()}`)
  return ((await answer.json()) as { access_token: string }).access_token
}
