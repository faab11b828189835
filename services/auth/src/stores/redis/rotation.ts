/** Rotation of a refresh token: what the script needs, and what it says. */
import type { Rotated, Rotation } from "../../domain/ports.ts"
import { ROTATE } from "./scripts/rotate.ts"
import type { StoreParts } from "./store-parts.ts"

export async function rotateIn({ commands, keys, now }: StoreParts, rotation: Rotation): Promise<Rotated> {
  const { grantId, presented, successor, sealedSuccessor, graceSeconds, accessToken } = rotation
  const touched = [
    keys.grant(grantId),
    keys.refreshToken(grantId, presented),
    keys.refreshToken(grantId, successor.hash),
    keys.successor(grantId),
    keys.accessToken(grantId, accessToken.hash),
  ]
  const { claims } = accessToken
  const at = now()
  const args = [at, successor.expiresAt, sealedSuccessor, at + graceSeconds, JSON.stringify(claims), claims.exp]
  const [kind, sealed] = (await commands.run(ROTATE, touched, args)) as [Rotated["kind"], string?]
  return kind === "repeated" ? { kind, sealedSuccessor: sealed ?? "" } : { kind }
}
