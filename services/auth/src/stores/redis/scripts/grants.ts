/** Scripts about one grant and its tokens. Everything they touch stands in the grant's slot. */
import { grantScript, recordScript } from "../script.ts"

/**
 * Creation against a revocation that came first: its tombstone wins. Sent again, it finds its own grant.
 * KEYS: grant. ARGV: now, grant, expiresAt. Returns 1 when it is alive.
 */
export const CREATE = recordScript(`
local grant = read(KEYS[1], 'revokedAt')
if grant then return grant.revokedAt == 0 and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl(tonumber(ARGV[3])))
return 1
`)

/**
 * Issuing against revocation: either the grant is alive and has the tokens, or nothing is written.
 * KEYS: grant, access token, refresh token (or none). ARGV: now, claims, their expiry, the refresh token's. Returns 1 when issued.
 */
export const ISSUE = grantScript(`
local grant = readAliveGrant()
if not grant then return 0 end
local expiresAt = tonumber(ARGV[3])
saveAccessToken(KEYS[2], ARGV[2], expiresAt)
if KEYS[3] then
  local refreshExpiresAt = tonumber(ARGV[4])
  write(KEYS[3], { generation = 1, expiresAt = refreshExpiresAt })
  expiresAt = math.max(expiresAt, refreshExpiresAt)
end
grant.generation = math.max(grant.generation, 1)
writeGrant(grant, expiresAt)
return 1
`)

/** A revocation against an issue of the same token: its claims stay, dead. KEYS: access token. ARGV: now. Returns the record. */
export const REVOKE_ACCESS_TOKEN = recordScript(`
local token = read(KEYS[1], 'revokedAt')
if not token then return nil end
if token.revokedAt == 0 then
  token.revokedAt = now
  write(KEYS[1], token)
end
return cjson.encode(token)
`)

/**
 * A revocation against everything else: the tombstone lives as long as anything of the grant could, so that no write that comes
 * late revives it. KEYS: grant. ARGV: now, grantId, expiry of a tombstone without a grant.
 */
export const REVOKE = recordScript(`
local grant = read(KEYS[1], 'revokedAt')
grant = grant or { grantId = ARGV[2], revokedAt = 0, expiresAt = tonumber(ARGV[3]) }
if grant.revokedAt == 0 then
  grant.revokedAt = now
  write(KEYS[1], grant)
end
return 0
`)

/**
 * Two additions at once, or an addition and the key's expiry: the key lives as long as its last member.
 * KEYS: index. ARGV: now, grantId, its absolute end.
 */
export const ADD_TO_INDEX = recordScript(`
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then redis.call('DEL', KEYS[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[1], ttl(tonumber(last[2])))
return 0
`)
