/** Refresh tokens and authorization codes: a grant's id, which names its slot in the store, and a secret. */
import { randomBytes } from "node:crypto"
import type { Hash } from "./authorization.ts"
import { hashOf } from "./hash.ts"

/** Each kind has a prefix of its own, so that none passes for another, and scanners of leaked secrets know them. */
const prefixes = { code: "ghc_", "refresh-token": "ghr_" } as const
export type OpaqueTokenKind = keyof typeof prefixes

const form = /^([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}$/

/** 128 random bits, base64url. */
export const createGrantId = (): string => randomBytes(16).toString("base64url")

/** With a secret of 256 random bits. */
export const createOpaqueToken = (kind: OpaqueTokenKind, grantId: string): string =>
  `${prefixes[kind]}${grantId}.${randomBytes(32).toString("base64url")}`

/** The grant that it names and the hash that it is known by; undefined when it is none of this kind. */
export function parseOpaqueToken(kind: OpaqueTokenKind, text: string): { grantId: string; hash: Hash } | undefined {
  if (!text.startsWith(prefixes[kind])) return undefined
  const grantId = form.exec(text.slice(prefixes[kind].length))?.[1]
  return grantId === undefined ? undefined : { grantId, hash: hashOf(text) }
}
