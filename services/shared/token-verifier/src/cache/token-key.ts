/** The name under which a token is remembered: SHA-256, so that no cache holds a token. */
import { hash } from "node:crypto"

const jwt = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/

export const tokenKey = (token: string): string => hash("sha256", canonical(token), "base64url")

/** Several strings decode to one JWT signature (RFC 4648 §3.5, spare bits at the end): they are one token, under one key. */
function canonical(token: string): string {
  if (!jwt.test(token)) return token
  const loose = (token.length - token.lastIndexOf(".") - 1) % 4 // characters after the last whole group of three bytes
  if (loose === 0) return token
  const whole = token.length - loose
  return token.slice(0, whole) + Buffer.from(token.slice(whole), "base64url").toString("base64url")
}
