/** All stores on Redis, standalone or a Cluster, for any number of replicas of this service. */
import type { Stores } from "../../domain/ports.ts"
import { createAuthorizationCodes } from "./authorization-codes.ts"
import { createClients } from "./clients.ts"
import { createCommands, type RedisConnection, type StoreLog } from "./commands.ts"
import { createGrants } from "./grants.ts"
import { createKeys, DEVELOPMENT_KEYS_SECONDS, REVOCATIONS_SECONDS } from "./keys.ts"
import { createPendingAuthorizations } from "./pending-authorizations.ts"
import { createRecords } from "./records.ts"
import { FIND_OR_SAVE, TAKE_FIRST } from "./scripts/records.ts"
import { PUBLISH } from "./scripts/revocations.ts"
import type { StoreParts } from "./store-parts.ts"
import { warningsOf } from "./warnings.ts"

export interface RedisStoresOptions {
  /** Must bound its commands: a store waits as long as this does. `close()` closes it. */
  redis: RedisConnection
  keyPrefix: string
  /** Seconds since 1970. */
  now: () => number
  log?: StoreLog
}

export function createRedisStores({ redis, keyPrefix, now, log }: RedisStoresOptions): Stores {
  const commands = createCommands(redis, log)
  const keys = createKeys(keyPrefix)
  const parts: StoreParts = { commands, keys, records: createRecords(now, log), now }
  return {
    clients: createClients(parts),
    pendingAuthorizations: createPendingAuthorizations(parts),
    authorizationCodes: createAuthorizationCodes(parts),
    grants: createGrants(parts),
    revocations: {
      async publish(event) {
        const fields = Object.entries(event).flat()
        await commands.run(PUBLISH, [keys.revocations()], [now(), REVOCATIONS_SECONDS, ...fields])
      },
    },
    replays: {
      async first(value, attempt, expiresAt) {
        return (await commands.run(TAKE_FIRST, [keys.assertion(value)], [now(), attempt, expiresAt])) === attempt
      },
    },
    developmentKeys: {
      async findOrSave(made) {
        const args = [now(), made, now() + DEVELOPMENT_KEYS_SECONDS]
        return String(await commands.run(FIND_OR_SAVE, [keys.developmentKeys()], args))
      },
    },
    warnings: async () => warningsOf(await commands.memoryInfo()),
    ping: async () => void (await commands.ping()),
    close: () => commands.close(),
  }
}
