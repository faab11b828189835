/** How a secret is made, and how it is remembered: by its hash. */
import { hash, randomBytes } from "node:crypto"
import type { Hash } from "./authorization.ts"

/** SHA-256, base64url. A fast hash is right for what we make ourselves: 256 random bits cannot be guessed. */
export const hashOf = (secret: string): Hash => hash("sha256", secret, "base64url")

/** Random, base64url: 256 bits unless told otherwise (RFC 6749 §10.10). */
export const newSecret = (bytes = 32): string => randomBytes(bytes).toString("base64url")
