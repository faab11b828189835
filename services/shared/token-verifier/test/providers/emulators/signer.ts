/** A provider's signing keys: made at start, published with whatever it says beside them, rotated. */
import { makeKey, type TestKey } from "../../signing-key.ts"
import type { Json } from "../fixture.ts"
import type { Respond } from "./emulator.ts"

export interface Signer {
  /** Signs as the provider does now. */
  sign(payload: Json, header?: Json): string
  /** With the key's name, but not with the key. */
  forge(payload: Json): string
  publish: Respond
  /** Signs with a new key from now on, and publishes it beside the old one. */
  rotate(): void
}

export interface SignerOptions {
  kind?: "RSA" | "P-256" | "P-384"
  alg?: string
  /** `typ`; undefined: the header has only `alg` and `kid`. */
  typ?: string
  /** What each published key says of itself. */
  says?: Json
  /** Keys that are published too, and sign nothing of ours. */
  others?: readonly TestKey[]
}

// Making RSA keys takes long: emulators with keys of one kind and name share them.
const made = new Map<string, TestKey>()

export function keyNamed(kid: string, kind = "RSA", says: Json = {}): TestKey {
  const name = JSON.stringify([kid, kind, says])
  const key = made.get(name) ?? makeKey({ use: "sig", ...says, kid }, kind)
  made.set(name, key)
  return key
}

export function createSigner({ kind = "RSA", alg, typ, says = {}, others = [] }: SignerOptions = {}): Signer {
  const algorithm = alg ?? { RSA: "RS256", "P-256": "ES256", "P-384": "ES384" }[kind]
  const [first, second] = [keyNamed("key-1", kind, says), keyNamed("key-2", kind, says)]
  let published = [first]
  let current = { kid: "key-1", key: first }
  const header = () => ({ kid: current.kid, alg: algorithm, ...(typ !== undefined && { typ }) })
  return {
    sign: (payload, changes = {}) => current.key.sign({ ...header(), ...changes }, payload),
    forge: (payload) => keyNamed("forger", kind).sign(header(), payload),
    publish: () => ({ status: 200, body: { keys: [...others, ...published].map(({ jwk }) => jwk) } }),
    rotate() {
      published = [first, second]
      current = { kid: "key-2", key: second }
    },
  }
}
