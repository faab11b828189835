/** What a planting is: one place where somebody may put a secret, and how it is put there. */
import { sendRaw } from "@gatehouse/test-kit"
import type { Setting } from "./setting.ts"

/** What a request may use that it does not make itself. */
export interface World extends Setting {
  /** Of a good access token. */
  token: string
  /** Of an MCP session of the token's owner. */
  session: string
  /** Of a public client that registered itself. */
  clientId: string
}

export interface Planting {
  where: string
  /** Puts the secret there; returns everything that was answered. */
  send(secret: string, world: World): Promise<string>
  /** Its sender, and nobody else, gets it back: a result or an error of MCP names what it is about. */
  returned?: true
  /** It is kept in Redis, or sent on in spans, because that is what it is for. */
  kept?: "Redis" | "spans as sent"
}

/** Status, headers and body. */
export async function tell(answering: Promise<Response>): Promise<string> {
  const answer = await answering
  return `${answer.status}\n${JSON.stringify([...answer.headers])}\n${await answer.text()}`
}

export const FORM = "application/x-www-form-urlencoded"
export const JSON_TYPE = "application/json"

export const post = (url: string, body: string, headers: Record<string, string>): Promise<string> =>
  tell(fetch(url, { method: "POST", body, headers, redirect: "manual" }))

export const get = (url: string, headers: Record<string, string> = {}): Promise<string> =>
  tell(fetch(url, { headers, redirect: "manual" }))

/** Bytes that `fetch` would not send. */
export const raw = (port: number, lines: string[], body = ""): Promise<string> =>
  sendRaw(port, `${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n${body}`)

export type Fields = Record<string, string>

export const form =
  (path: string, fields: Fields, headers: Fields = {}) =>
  ({ issuer }: World): Promise<string> =>
    post(issuer + path, new URLSearchParams(fields).toString(), { "content-type": FORM, ...headers })

/** In the characters of base64url, which tokens are made of. */
export const asToken = (secret: string): string => secret.replaceAll("+/", "-_")

/** Of the right form, with a secret in its claims and as its signature. */
export const jwt = (secret: string, claims: object = {}): string =>
  [
    part({ alg: "ES256", typ: "at+jwt", kid: secret }),
    part({ sub: "app", jti: secret, ...claims }),
    asToken(secret),
  ].join(".")

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")
