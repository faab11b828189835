/** Scripts about one record on its own: clients, pending authorizations, codes, one-time values, development keys. */
import { recordScript } from "../script.ts"

/** Two renewals at once, or a renewal by a replica whose clock is behind: the later expiry stays. ARGV: now, expiresAt. */
export const RENEW = recordScript(`
local record = read(KEYS[1])
local expiresAt = tonumber(ARGV[2])
if record and expiresAt > record.expiresAt then
  record.expiresAt = expiresAt
  write(KEYS[1], record)
end
return 0
`)

/** Approval against expiry or take: what has gone meanwhile does not come back. ARGV: now, approvedAt. Returns 1 when approved. */
export const APPROVE = recordScript(`
local record = read(KEYS[1])
if not record or record.takenBy then return 0 end
record.approvedAt = record.approvedAt or tonumber(ARGV[2])
write(KEYS[1], record)
return 1
`)

/**
 * Fifty at once: the first attempt's name stays in the record, and each caller sees whose it is. A command sent again after a
 * lost reply finds its own name. ARGV: now, attempt. Returns the record.
 */
export const TAKE = recordScript(`
local record = read(KEYS[1])
if not record then return nil end
if not record.takenBy then
  record.takenBy = ARGV[2]
  write(KEYS[1], record)
end
return cjson.encode(record)
`)

/** Two one-time values at once: the same, where nothing stood before. ARGV: now, attempt, expiresAt. Returns whose it is. */
export const TAKE_FIRST = recordScript(`
local record = read(KEYS[1])
if not record then
  record = { takenBy = ARGV[2], expiresAt = tonumber(ARGV[3]) }
  write(KEYS[1], record)
end
return record.takenBy
`)

/**
 * Two wrong verifiers at once count as two; a used code is left alone, so that wrong tries do not hide its replay.
 * ARGV: now, limit. Returns how many tries are left.
 */
export const RECORD_FAILURE = recordScript(`
local record = read(KEYS[1], 'failures')
if not record or record.takenBy then return 0 end
record.failures = record.failures + 1
local left = tonumber(ARGV[2]) - record.failures
if left > 0 then
  write(KEYS[1], record)
  return left
end
redis.call('DEL', KEYS[1])
return 0
`)

/** Two processes that start at once: both get what the first one made. ARGV: now, made, expiresAt. Returns the stored one. */
export const FIND_OR_SAVE = recordScript(`
local record = read(KEYS[1])
if not record or type(record.body) ~= 'string' then record = { body = ARGV[2] } end
record.expiresAt = tonumber(ARGV[3])
write(KEYS[1], record)
return record.body
`)
