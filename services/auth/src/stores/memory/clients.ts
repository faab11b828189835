/** Registered clients, in memory. */
import type { Client } from "../../domain/client.ts"
import type { Clients } from "../../domain/ports.ts"
import { ExpiringMap, type MemoryOptions } from "./expiring-map.ts"

export function createClients(options: MemoryOptions): Clients {
  const clients = new ExpiringMap<Client>(options)
  return {
    async find(clientId) {
      return clients.get(clientId)
    },
    async save(client, expiresAt) {
      clients.set(client.clientId, client, expiresAt)
    },
    async renew(clientId, expiresAt) {
      const client = clients.get(clientId)
      if (client && expiresAt > (clients.expiryOf(clientId) ?? 0)) clients.set(clientId, client, expiresAt)
    },
  }
}
