/** All stores in memory, for one process: bounded, and gone with it. */
import type { Stores } from "../../domain/ports.ts"
import { createAuthorizationCodes } from "./authorization-codes.ts"
import { createClients } from "./clients.ts"
import { createDevelopmentKeys } from "./development-keys.ts"
import { createGrants } from "./grants.ts"
import { createPendingAuthorizations } from "./pending-authorizations.ts"
import { createReplays } from "./replays.ts"

/**
 * Opens the stores in memory.
 * @param options.maxEntries the most records of each kind; past it, writes throw OAuthError `temporarily_unavailable`
 */
export function createMemoryStores({ now, maxEntries = 100_000 }: { now: () => number; maxEntries?: number }): Stores {
  const options = { now, maxEntries }
  return {
    clients: createClients(options),
    pendingAuthorizations: createPendingAuthorizations(options),
    authorizationCodes: createAuthorizationCodes(options),
    grants: createGrants(options),
    // No other process reads these stores, so that there is nobody to tell.
    revocations: { publish: async () => {} },
    replays: createReplays(options),
    developmentKeys: createDevelopmentKeys(),
    warnings: async () => ["Everything is kept in memory: a restart forgets clients, grants and revocations."],
    ping: async () => {},
    close: async () => {},
  }
}
