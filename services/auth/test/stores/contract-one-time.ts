/** The contract of `Replays`, `DevelopmentKeys`, `Revocations`, and of the stores as a whole. */
import { describe, expect, it } from "vitest"
import type { StoresUnderTest } from "./contract.ts"
import { randomHash } from "./records.ts"

export const describeOneTimeValues = (tested: StoresUnderTest) =>
  describe("Replays, DevelopmentKeys, Revocations", () => {
    it("lets one of fifty use a one-time value", async () => {
      const value = randomHash()
      const answers = await tested.atOnce(50, (stores, i) =>
        stores.replays.first(value, `attempt ${i}`, tested.now() + 60),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
    })

    it("D2 is still the first when the same attempt asks again, and nobody else is until it expires", async () => {
      const value = randomHash()
      const expiresAt = tested.now() + 60
      expect(await tested.stores.replays.first(value, "one", expiresAt)).toBe(true)
      expect(await tested.stores.replays.first(value, "one", expiresAt)).toBe(true)
      expect(await tested.other.replays.first(value, "two", expiresAt)).toBe(false)
      tested.clock.advance(60)
      expect(await tested.other.replays.first(value, "two", tested.now() + 60)).toBe(true)
    })

    it("gives two processes that start at once the same development keys", async () => {
      const keys = await tested.atOnce(10, (stores, i) => stores.developmentKeys.findOrSave(`keys of process ${i}`))
      expect(new Set(keys).size).toBe(1)
      expect(await tested.stores.developmentKeys.findOrSave("newer keys")).toBe(keys[0])
    })

    it("publishes every kind of revocation", async () => {
      await tested.stores.revocations.publish({ kind: "token", grantId: "g", jti: "j" })
      await tested.stores.revocations.publish({ kind: "grant", grantId: "g" })
      await tested.stores.revocations.publish({ kind: "subject", subject: "demo|ann" })
      await tested.stores.revocations.publish({ kind: "client", clientId: "c" })
    })

    it("answers a ping", async () => {
      await tested.stores.ping()
    })
  })
