/** What the suite needs to know of a provider, and what it can make it do. */
import type { AuthorizationServerOptions } from "../../../src/options.ts"
import type { StrategyName } from "../../../src/providers/preset.ts"
import type { InvalidReason, VerifiedClaims } from "../../../src/validation.ts"
import type { Json } from "../fixture.ts"
import { FIXTURE_TIME } from "../fixture.ts"
import type { Emulator } from "./emulator.ts"

/** The MCP server that tokens must be for. */
export const RESOURCE = "https://mcp.example.com/mcp"

/** What can be wrong with a token. Each provider lists what it can get wrong. */
export type Flaw =
  | "expired"
  | "for another API"
  | "for nobody"
  | "of another client"
  | "of another tenant"
  | "of another issuer"
  | "an ID token"
  | "a refresh token"
  | "forged"
  | "signed with a key of other tenants"
  | "encrypted"
  | "opaque"
  | "unknown"
  | "without a subject"
  | "bound to a key"

export interface ProviderCase {
  name: string
  options: AuthorizationServerOptions
  /** What `auto` must come to. */
  strategy: StrategyName
  /** What a good token says, once it is read. */
  says: Partial<VerifiedClaims>
  refuses: Readonly<Partial<Record<Flaw, InvalidReason>>>
  /** Whether a token that was revoked is refused once its answer is forgotten; otherwise it lives until it expires. */
  revocable: boolean
  /** How long it wants to be left alone while it limits our requests; 45 when absent. */
  retryAfterSeconds?: number
  start(now: () => number): Promise<RunningProvider>
}

export interface RunningProvider {
  emulator: Emulator
  issue(kind: "good" | Flaw): string
  revoke(token: string): void
  /** Signs with a new key from now on, and publishes it beside the old one. */
  rotateKeys?(): void
  rejectCredentials?(): void
}

const times = new Set(["iat", "nbf", "exp", "auth_time", "expires_at", "created_at", "updated_at"])

/** A body of the fixtures as it would be now. */
export function atTime(body: Json, now: number): Json {
  const shift = Math.floor(now) - FIXTURE_TIME
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, times.has(name) ? shifted(value, shift) : value]),
  )
}

function shifted(value: unknown, seconds: number): unknown {
  if (typeof value === "number") return value + seconds
  if (typeof value !== "string") return value
  if (/^\d+$/.test(value)) return String(Number(value) + seconds)
  return new Date(Date.parse(value) + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z")
}
