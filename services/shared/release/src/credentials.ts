/** What a chart needs and nobody has given: which keys of the Secret are missing, and what goes into them. What is there stays. */
import { randomBytes } from "node:crypto"
import { createSigningKey } from "./signing-key.ts"

const CREDENTIAL_KINDS = ["password", "signing-keys", "test-client"] as const
type CredentialKind = (typeof CREDENTIAL_KINDS)[number]

/** Key of the Secret to what it must hold. */
export type CredentialPlan = Readonly<Record<string, CredentialKind>>

/** Key of the Secret to its text. */
export type Credentials = Readonly<Record<string, string>>

/** The test client's secret stands in two keys: where the authorization server reads it, and where the test does. */
const CLIENTS = "clients.json"
const TEST_CLIENT_SECRET = "test-client-secret"

/** @throws Error with a sentence for the operator */
export function parseCredentialPlan(text: string): CredentialPlan {
  const plan = parseObject(text)
  for (const [key, kind] of Object.entries(plan)) {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) throw new Error(`has the key "${key}", which no Secret can have`)
    if (!CREDENTIAL_KINDS.some((each) => each === kind))
      throw new Error(`has a kind that is not one of ${CREDENTIAL_KINDS.join(", ")} at ${key}`)
    if (kind === "test-client" && key !== CLIENTS) throw new Error(`must call the key of the test client ${CLIENTS}`)
    if (kind !== "test-client" && key === TEST_CLIENT_SECRET)
      throw new Error(`must not name ${TEST_CLIENT_SECRET}: it comes with the kind test-client`)
  }
  return plan as CredentialPlan
}

/** @throws Error with a sentence for the operator */
export function parseLabels(text: string): Record<string, string> {
  const labels = parseObject(text)
  for (const [name, value] of Object.entries(labels))
    if (typeof value !== "string") throw new Error(`has a value that is no text at ${name}`)
  return labels as Record<string, string>
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("must be a JSON object")
  return value as Record<string, unknown>
}

/**
 * The keys to add, with new values; empty when nothing is missing.
 * @throws Error when what is there leaves no way to make what is missing fit
 */
export function missingCredentials(plan: CredentialPlan, existing: Credentials, testClientId: string): Credentials {
  const added: Record<string, string> = {}
  for (const [key, kind] of Object.entries(plan)) {
    if (kind === "test-client") Object.assign(added, missingOfTestClient(existing, testClientId))
    else if (existing[key] === undefined) added[key] = kind === "password" ? newPassword() : newSigningKeys()
  }
  return added
}

function missingOfTestClient(existing: Credentials, clientId: string): Credentials {
  const { [CLIENTS]: clients, [TEST_CLIENT_SECRET]: secret } = existing
  if (clients === undefined) {
    const used = secret ?? newPassword()
    return { [CLIENTS]: clientsFileOf(clientId, used), ...(secret === undefined && { [TEST_CLIENT_SECRET]: used }) }
  }
  if (secret !== undefined) return {}
  const known = secretIn(clients, clientId)
  if (known === undefined)
    throw new Error(
      `${CLIENTS} is there and has no client ${clientId} with a secret, so that ${TEST_CLIENT_SECRET} cannot be made to fit it`,
    )
  return { [TEST_CLIENT_SECRET]: known }
}

function secretIn(clientsFile: string, wanted: string): string | undefined {
  try {
    const { clients } = JSON.parse(clientsFile) as { clients: { client_id: string; client_secret?: string }[] }
    return clients.find(({ client_id }) => client_id === wanted)?.client_secret
  } catch {
    return undefined
  }
}

const clientsFileOf = (client_id: string, client_secret: string): string =>
  JSON.stringify({ clients: [{ client_id, client_secret, grant_types: ["client_credentials"] }] })

/** 256 random bits in 43 characters that need no escaping anywhere. */
const newPassword = (): string => randomBytes(32).toString("base64url")

const newSigningKeys = (): string => JSON.stringify({ keys: [createSigningKey()] })
