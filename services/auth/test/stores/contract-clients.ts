/** The contract of `Clients`. */
import { describe, expect, it } from "vitest"
import type { StoresUnderTest } from "./contract.ts"
import { aClient } from "./records.ts"

export const describeClients = (tested: StoresUnderTest) =>
  describe("Clients", () => {
    it("finds a client as it was saved, empty lists included", async () => {
      const client = aClient()
      await tested.stores.clients.save(client, tested.now() + 60)
      expect(await tested.other.clients.find(client.clientId)).toEqual(client)
    })

    it("does not find a client that nobody saved", async () => {
      expect(await tested.stores.clients.find("nobody")).toBeUndefined()
    })

    it("forgets a client at its expiry", async () => {
      const client = aClient()
      await tested.stores.clients.save(client, tested.now() + 60)
      tested.clock.advance(59.9)
      expect(await tested.stores.clients.find(client.clientId)).toBeDefined()
      tested.clock.advance(0.1)
      expect(await tested.stores.clients.find(client.clientId)).toBeUndefined()
    })

    it("renews later, never earlier, and leaves the client as it was", async () => {
      const client = aClient()
      await tested.stores.clients.save(client, tested.now() + 60)
      await tested.stores.clients.renew(client.clientId, tested.now() + 120)
      await tested.stores.clients.renew(client.clientId, tested.now() + 10)
      tested.clock.advance(119)
      expect(await tested.stores.clients.find(client.clientId)).toEqual(client)
      tested.clock.advance(1)
      expect(await tested.stores.clients.find(client.clientId)).toBeUndefined()
    })

    it("keeps an unknown client unknown when it is renewed", async () => {
      const client = aClient()
      await tested.stores.clients.renew(client.clientId, tested.now() + 60)
      expect(await tested.stores.clients.find(client.clientId)).toBeUndefined()
    })

    it("K11 hands out copies: whoever changes one changes nothing in the store", async () => {
      const client = aClient()
      await tested.stores.clients.save(client, tested.now() + 60)
      const found = await tested.stores.clients.find(client.clientId)
      Object.assign(found ?? {}, { authMethod: "client_secret_basic" })
      Object.assign(client, { clientName: "changed after saving" })
      const again = await tested.stores.clients.find(client.clientId)
      expect(again).toMatchObject({ authMethod: "none", clientName: aClient().clientName })
    })
  })
