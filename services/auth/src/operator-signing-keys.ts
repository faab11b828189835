/** `gatehouse-auth signing-keys`: the next JWK set on stdout. It changes nothing itself: where the set is kept, such as a Secret, is the operator's. */
import { createSigningKey } from "@gatehouse/release"
import { ConfigurationError, fileOf, readSettings, type Settings } from "@gatehouse/service-kit"
import { addSigningKey, dropSigningKey, useSigningKey } from "./domain/signing-key-set.ts"
import { parseSigningKeys } from "./domain/signing-keys.ts"

export type SigningKeysCommand = { verb: "add" } | { verb: "use" | "drop"; kid: string }

/** Undefined when the arguments are not understood. */
export function parseSigningKeysCommand([verb, kid, ...more]: readonly string[]): SigningKeysCommand | undefined {
  if (more.length > 0) return undefined
  if (verb === "add" && kid === undefined) return { verb }
  return (verb === "use" || verb === "drop") && kid !== undefined ? { verb, kid } : undefined
}

function keySet(text: string): string {
  parseSigningKeys(text)
  return text
}

const settings = {
  SIGNING_KEYS_FILE: {
    parse: fileOf(keySet),
    meaning: "JWK set of private keys, as the authorization server reads it",
  },
} satisfies Settings

/**
 * The JWK set after the command.
 * @throws Error with a sentence for the operator
 */
export function nextSigningKeys(command: SigningKeysCommand, env: NodeJS.ProcessEnv): string {
  const { SIGNING_KEYS_FILE: text } = readSettings(settings, env)
  if (text === undefined) throw new ConfigurationError(["SIGNING_KEYS_FILE must name the JWK set that is in use"])
  if (command.verb === "add") return addSigningKey(text, createSigningKey())
  return command.verb === "use" ? useSigningKey(text, command.kid) : dropSigningKey(text, command.kid)
}
