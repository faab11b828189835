/** How an operator rotates signing keys (RFC 7517): publish the next one, let it sign, take the old one out; each step is a new JWK set. */
import type { JWK } from "jose"
import { parseSigningKeys } from "./signing-keys.ts"

/**
 * The key goes to the end: it is published, and does not sign yet.
 * @throws Error with a sentence for the operator
 */
export const addSigningKey = (text: string, key: JWK): string => written([...keysIn(text), key])

/** The key goes to the front: it signs from then on. @throws Error with a sentence for the operator */
export function useSigningKey(text: string, kid: string): string {
  const keys = keysIn(text)
  const key = find(keys, kid)
  return written([key, ...keys.filter((each) => each !== key)])
}

/** The key is gone, and what it signed is refused by whoever checks signatures. @throws Error with a sentence for the operator */
export function dropSigningKey(text: string, kid: string): string {
  const keys = keysIn(text)
  const key = find(keys, kid)
  if (key === keys[0])
    throw new Error(`${kid} is the key that signs: let another one sign first (signing-keys use KID)`)
  return written(keys.filter((each) => each !== key))
}

/** Kept as they were written: what the operator says of a key beside its numbers stays. */
function keysIn(text: string): readonly JWK[] {
  parseSigningKeys(text)
  return (JSON.parse(text) as { keys: JWK[] }).keys
}

function find(keys: readonly JWK[], wanted: string): JWK {
  const key = keys.find(({ kid }) => kid === wanted)
  if (key === undefined)
    throw new Error(`there is no key ${wanted}: there are ${keys.map(({ kid }) => kid).join(" and ")}`)
  return key
}

/** Checked as the server will check it. */
function written(keys: readonly JWK[]): string {
  const text = `${JSON.stringify({ keys }, undefined, 2)}\n`
  parseSigningKeys(text)
  return text
}
