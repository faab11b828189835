/** The contract of `PendingAuthorizations`. */
import { describe, expect, it } from "vitest"
import type { StoresUnderTest } from "./contract.ts"
import { aPending, randomHash } from "./records.ts"

export const describePending = (tested: StoresUnderTest) =>
  describe("PendingAuthorizations", () => {
    const saved = async () => {
      const id = randomHash()
      const pending = aPending(tested.now() + 600)
      await tested.stores.pendingAuthorizations.save(id, pending)
      return { id, pending }
    }

    it("finds what was saved, until it expires", async () => {
      const { id, pending } = await saved()
      expect(await tested.other.pendingAuthorizations.find(id)).toEqual(pending)
      tested.clock.advance(600)
      expect(await tested.other.pendingAuthorizations.find(id)).toBeUndefined()
    })

    it("approves once, keeping the first time and the expiry", async () => {
      const { id, pending } = await saved()
      const approvedAt = tested.now()
      expect(await tested.stores.pendingAuthorizations.approve(id, approvedAt)).toBe(true)
      expect(await tested.other.pendingAuthorizations.approve(id, approvedAt + 5)).toBe(true)
      expect(await tested.stores.pendingAuthorizations.find(id)).toEqual({ ...pending, approvedAt })
      tested.clock.advance(600)
      expect(await tested.stores.pendingAuthorizations.find(id)).toBeUndefined()
    })

    it("D10 approves nothing that has expired, and does not bring it back", async () => {
      const { id } = await saved()
      tested.clock.advance(600)
      expect(await tested.stores.pendingAuthorizations.approve(id, tested.now())).toBe(false)
      expect(await tested.stores.pendingAuthorizations.find(id)).toBeUndefined()
    })

    it("is taken by one of fifty callers at once", async () => {
      const { id, pending } = await saved()
      const taken = await tested.atOnce(50, (stores, i) => stores.pendingAuthorizations.take(id, `attempt ${i}`))
      expect(taken.filter(Boolean)).toEqual([pending])
    })

    it("D2 is taken again by the same attempt, whose first answer was lost", async () => {
      const { id, pending } = await saved()
      await tested.stores.pendingAuthorizations.approve(id, 1_700_000_000)
      const approved = { ...pending, approvedAt: 1_700_000_000 }
      expect(await tested.stores.pendingAuthorizations.take(id, "one")).toEqual(approved)
      expect(await tested.stores.pendingAuthorizations.take(id, "one")).toEqual(approved)
      expect(await tested.other.pendingAuthorizations.take(id, "two")).toBeUndefined()
    })

    it("is gone for everybody else once it was taken", async () => {
      const { id } = await saved()
      await tested.stores.pendingAuthorizations.take(id, "one")
      expect(await tested.stores.pendingAuthorizations.find(id)).toBeUndefined()
      expect(await tested.stores.pendingAuthorizations.approve(id, tested.now())).toBe(false)
    })

    it("is gone once it was discarded", async () => {
      const { id } = await saved()
      await tested.stores.pendingAuthorizations.discard(id)
      expect(await tested.stores.pendingAuthorizations.find(id)).toBeUndefined()
      expect(await tested.stores.pendingAuthorizations.take(id, "one")).toBeUndefined()
    })
  })
