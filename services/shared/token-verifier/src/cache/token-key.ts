/** The name under which a token is remembered: SHA-256, so that no cache holds a token. */
import { hash } from "node:crypto"

export const tokenKey = (token: string): string => hash("sha256", canonical(token), "base64url")

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
/** Bits of the last character that no byte needs, by the number of characters modulo 4. */
const spareBits = [0, 0, 0b1111, 0b11]

/**
 * Several strings decode to one JWT signature (RFC 4648 §3.5): the bits that nothing needs are zero in the one that all of them
 * are known by. Nearly always the token itself, which is then not copied.
 */
function canonical(token: string): string {
  if (!token.startsWith("eyJ")) return token
  const dot = token.lastIndexOf(".")
  if (token.indexOf(".", token.indexOf(".") + 1) !== dot) return token // not three parts
  const spare = spareBits[(token.length - dot - 1) % 4] ?? 0
  const last = base64url.indexOf(token.charAt(token.length - 1))
  return last < 0 || (last & spare) === 0 ? token : token.slice(0, -1) + base64url.charAt(last & ~spare)
}
