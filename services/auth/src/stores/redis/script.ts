/** A Lua script with its digest. Redis runs one at a time, which is what makes each of them atomic. */
import { createHash } from "node:crypto"

export interface Script {
  lua: string
  sha1: string
}

/** `now` and records, for every script. ARGV[1] is our clock: Redis's own is never asked. */
const records = `
local now = tonumber(ARGV[1])

local function ttl(expiresAt)
  return string.format('%.0f', math.max(1, math.ceil((expiresAt - now) * 1000)))
end

-- Nil for what is absent, expired, of another type, corrupt, or lacks one of the numbers; a command that fails, fails the script.
local function read(key, ...)
  if redis.call('TYPE', key).ok ~= 'string' then return nil end
  local ok, record = pcall(cjson.decode, redis.call('GET', key))
  if not ok or type(record) ~= 'table' then return nil end
  for _, name in ipairs({ 'expiresAt', ... }) do
    if type(record[name]) ~= 'number' then return nil end
  end
  if record.expiresAt <= now then return nil end
  return record
end

-- With its TTL in the same command: no key is ever without one.
local function write(key, record)
  redis.call('SET', key, cjson.encode(record), 'PX', ttl(record.expiresAt))
end
`

/** What issuing and rotating share. KEYS[1] is the grant. */
const grants = `
local function readAliveGrant()
  local grant = read(KEYS[1], 'revokedAt', 'generation', 'absoluteExpiresAt')
  if grant and grant.revokedAt == 0 then return grant end
end

-- For at least as long as these live, but never past its absolute end.
local function writeGrant(grant, ...)
  grant.expiresAt = math.min(math.max(grant.expiresAt, ...), grant.absoluteExpiresAt)
  write(KEYS[1], grant)
end

-- A token that is there already, revoked or not, stays as it is: the command may have been sent again.
local function saveAccessToken(key, body, expiresAt)
  if not read(key) then write(key, { body = body, revokedAt = 0, expiresAt = expiresAt }) end
end
`

const script = (lua: string): Script => ({ lua, sha1: createHash("sha1").update(lua).digest("hex") })

export const recordScript = (lua: string): Script => script(records + lua)
export const grantScript = (lua: string): Script => script(records + grants + lua)
