/** An entry of the shared cache as it stands in Redis: under a name that tells no token, with a seal that nobody else can make. */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto"
import { type ActiveToken, readClaims } from "../introspection.ts"
import { isPosition } from "../revocation/stream-position.ts"
import { tokenKey } from "./token-key.ts"

export interface SharedEntry {
  token: ActiveToken
  /** Seconds since 1970, by the clock of whoever asked. */
  askedAt: number
  freshUntil: number
  /** Where in the stream of revocations that was. */
  position: string
}

export interface SharedEntries {
  /** The key in Redis, before its prefix. */
  nameOf(token: string): string
  write(name: string, entry: SharedEntry): Buffer
  /** Undefined for whatever was not written by us, of this release's kind, under this name. */
  read(name: string, value: Buffer): SharedEntry | undefined
}

/** Another one when the meaning of an entry changes: replicas of both releases run beside each other for a while. */
const VERSION = 1
const SEAL_BYTES = 32

/** @param secret what the replicas have in common, and nobody else has */
export function createSharedEntries(secret: string | Buffer): SharedEntries {
  const keyFor = (use: string) => Buffer.from(hkdfSync("sha256", secret, "", `gatehouse shared cache: ${use}`, 32))
  const [nameKey, sealKey] = [keyFor("names"), keyFor("seals")]
  // A name has no line end in it: what is sealed can be taken apart in one way only.
  const sealOf = (name: string, json: Buffer) => createHmac("sha256", sealKey).update(`${name}\n`).update(json).digest()
  return {
    nameOf: (token) => `mcp:introspection:${createHmac("sha256", nameKey).update(tokenKey(token)).digest("base64url")}`,
    write(name, { token, askedAt, freshUntil, position }) {
      const json = Buffer.from(JSON.stringify({ v: VERSION, askedAt, freshUntil, position, token: claimsOf(token) }))
      return Buffer.concat([sealOf(name, json), json])
    },
    read(name, value) {
      const [seal, json] = [value.subarray(0, SEAL_BYTES), value.subarray(SEAL_BYTES)]
      if (seal.length < SEAL_BYTES || !timingSafeEqual(seal, sealOf(name, json))) return undefined
      try {
        return readEntry(JSON.parse(json.toString("utf8")))
      } catch {
        return undefined
      }
    },
  }
}

/** In the names of RFC 7662 §2.2 and RFC 7800 §3.1, so that it is read as an answer is. */
const claimsOf = ({ senderConstrained, ...claims }: ActiveToken) =>
  senderConstrained ? { ...claims, cnf: {} } : claims

/** @throws Error for what is no entry */
function readEntry(value: unknown): SharedEntry | undefined {
  const { v, askedAt, freshUntil, position, token } = value as Record<string, unknown>
  if (v !== VERSION || !isTime(askedAt) || !isTime(freshUntil) || !isPosition(position)) return undefined
  if (typeof token !== "object" || token === null || !("active" in token) || token.active !== true) return undefined
  const claims = readClaims(token)
  // Reading drops an audience that it does not understand, and what it has no name for: that is not what was said.
  const isWhole = Object.keys(token).length === Object.keys(claimsOf(claims)).length
  return isWhole ? { token: claims, askedAt, freshUntil, position } : undefined
}

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
