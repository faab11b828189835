/** The script that rotates a refresh token: forgiving to whoever lost a reply, fatal to whoever replays. */
import { grantScript } from "../script.ts"

/**
 * Fifty refreshes with one token, a refresh against a revocation, a command sent again: one generation follows another, once.
 * KEYS: grant, presented, successor, sealed successor, access token.
 * ARGV: now, successor's expiry, sealed successor, end of the grace, claims, their expiry.
 * Returns the kind of Rotated, and for "repeated" the sealed successor.
 */
export const ROTATE = grantScript(`
local grant = readAliveGrant()
local presented = read(KEYS[2], 'generation')
if not grant or not presented then return { 'unknown' } end

local claimsExpireAt = tonumber(ARGV[6])
if presented.generation == grant.generation then
  local successor = { generation = grant.generation + 1, expiresAt = tonumber(ARGV[2]) }
  write(KEYS[3], successor)
  write(KEYS[4], { body = ARGV[3], expiresAt = tonumber(ARGV[4]) })
  saveAccessToken(KEYS[5], ARGV[5], claimsExpireAt)
  grant.generation = successor.generation
  grant.rotatedAt = now
  writeGrant(grant, successor.expiresAt, claimsExpireAt)
  return { 'rotated' }
end

-- The proposed successor is random: where it stands already, this very rotation was done before and its reply lost.
local proposed = read(KEYS[3], 'generation')
local sentAgain = proposed and proposed.generation == presented.generation + 1
-- The grant's generation is still the successor's, so that nobody has used it.
local sealed = presented.generation == grant.generation - 1 and read(KEYS[4])
if not sentAgain and not sealed then
  grant.revokedAt = now
  write(KEYS[1], grant)
  return { 'reused' }
end
saveAccessToken(KEYS[5], ARGV[5], claimsExpireAt)
writeGrant(grant, claimsExpireAt)
if sentAgain then return { 'rotated' } end
return { 'repeated', sealed.body }
`)
