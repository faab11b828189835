/** Registered clients, in Redis. */
import type { Client } from "../../domain/client.ts"
import type { Clients } from "../../domain/ports.ts"
import { ttlMs } from "./records.ts"
import { RENEW } from "./scripts/records.ts"
import type { StoreParts } from "./store-parts.ts"

export function createClients({ commands, keys, records, now }: StoreParts): Clients {
  return {
    async find(clientId) {
      const key = keys.client(clientId)
      const record = records.parse(key, await commands.get(key))
      return records.bodyOf<Client>(key, record, ["clientId", "redirectUris", "grantTypes", "authMethod", "scopes"])
    },
    async save(client, expiresAt) {
      const value = JSON.stringify({ body: JSON.stringify(client), expiresAt })
      await commands.set(keys.client(client.clientId), value, ttlMs(expiresAt, now()))
    },
    async renew(clientId, expiresAt) {
      await commands.run(RENEW, [keys.client(clientId)], [now(), expiresAt])
    },
  }
}
