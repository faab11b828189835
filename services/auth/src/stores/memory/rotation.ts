/** What happens to a presented refresh token, in memory: the rules that `stores/redis/scripts/rotate.ts` has in Lua. */
import type { Grant } from "../../domain/authorization.ts"
import type { Rotated, Rotation } from "../../domain/ports.ts"
import type { GrantRecords } from "./grant-records.ts"

export function rotateIn(records: GrantRecords, rotation: Rotation): Rotated {
  const { grantId, presented, successor, accessToken } = rotation
  const grant = records.findAlive(grantId)
  const generation = records.refreshTokens.get(records.keyOf(grantId, presented))
  if (!grant || generation === undefined) return { kind: "unknown" }
  if (generation === grant.generation) return replace(records, grant, rotation)

  const proposed = records.refreshTokens.get(records.keyOf(grantId, successor.hash))
  const sealedSuccessor = records.sealedSuccessors.get(grantId)
  const sentAgain = proposed === generation + 1
  const inGrace = generation === grant.generation - 1 && sealedSuccessor !== undefined
  if (!sentAgain && !inGrace) {
    records.saveGrant({ ...grant, revokedAt: records.now() })
    return { kind: "reused" }
  }
  records.saveAccessToken(grantId, accessToken)
  records.saveGrant(grant, accessToken.claims.exp)
  return sentAgain || sealedSuccessor === undefined ? { kind: "rotated" } : { kind: "repeated", sealedSuccessor }
}

/** The grant comes last: where the map is full before, nothing was rotated. */
function replace(records: GrantRecords, grant: Grant, rotation: Rotation): Rotated {
  const { grantId, successor, accessToken, sealedSuccessor, graceSeconds } = rotation
  const generation = grant.generation + 1
  records.saveAccessToken(grantId, accessToken)
  records.refreshTokens.set(records.keyOf(grantId, successor.hash), generation, successor.expiresAt)
  records.sealedSuccessors.set(grantId, sealedSuccessor, records.now() + graceSeconds)
  records.saveGrant({ ...grant, generation, rotatedAt: records.now() }, successor.expiresAt, accessToken.claims.exp)
  return { kind: "rotated" }
}
