/** The script that appends to the revocation stream. */
import { recordScript } from "../script.ts"

/**
 * Append, trim and renew in one step, so that the stream is never without a TTL. Ids are Redis's, since they must grow whichever
 * replica writes; age is therefore counted from the id just given. KEYS: stream. ARGV: now, seconds to keep, fields and values.
 */
export const PUBLISH = recordScript(`
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'stream' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))
local keepMs = tonumber(ARGV[2]) * 1000
local oldest = tonumber(string.match(id, '^%d+')) - keepMs
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', oldest))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', keepMs))
return id
`)
