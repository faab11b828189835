/** The contract of `AuthorizationCodes`. */
import { describe, expect, it } from "vitest"
import type { StoresUnderTest } from "./contract.ts"
import { aCode, randomHash, randomId } from "./records.ts"

export const describeCodes = (tested: StoresUnderTest) =>
  describe("AuthorizationCodes", () => {
    const saved = async () => {
      const code = randomHash()
      const authorization = aCode(tested.now() + 600)
      await tested.stores.authorizationCodes.save(code, authorization)
      return { code, authorization, grantId: authorization.grantId }
    }

    it("finds a code without taking it", async () => {
      const { code, authorization, grantId } = await saved()
      const found = { kind: "taken", authorization }
      expect(await tested.other.authorizationCodes.find(grantId, code)).toEqual(found)
      expect(await tested.other.authorizationCodes.find(grantId, code)).toEqual(found)
    })

    it("knows a code only in its own grant", async () => {
      const { code } = await saved()
      expect(await tested.stores.authorizationCodes.find(randomId(), code)).toEqual({ kind: "unknown" })
      expect(await tested.stores.authorizationCodes.take(randomId(), code, "one")).toEqual({ kind: "unknown" })
    })

    it("T4 is taken once by two callers at once; the other learns that it was used", async () => {
      const { code, authorization, grantId } = await saved()
      const taken = await tested.atOnce(2, (stores, i) => stores.authorizationCodes.take(grantId, code, `attempt ${i}`))
      expect(taken.map(({ kind }) => kind).sort()).toEqual(["taken", "used"])
      expect(await tested.stores.authorizationCodes.find(grantId, code)).toEqual({ kind: "used", authorization })
    })

    it("T4 is taken once by fifty callers at once, in each of twenty rounds", async () => {
      for (let round = 0; round < 20; round++) {
        const { code, grantId } = await saved()
        const taken = await tested.atOnce(50, (stores, i) => stores.authorizationCodes.take(grantId, code, `${i}`))
        expect(taken.filter(({ kind }) => kind === "taken")).toHaveLength(1)
        expect(taken.filter(({ kind }) => kind === "used")).toHaveLength(49)
      }
    })

    it("D2 is taken again by the same attempt, whose first answer was lost", async () => {
      const { code, authorization, grantId } = await saved()
      await tested.stores.authorizationCodes.take(grantId, code, "one")
      const again = await tested.stores.authorizationCodes.take(grantId, code, "one")
      expect(again).toEqual({ kind: "taken", authorization })
    })

    it("expires, used or not", async () => {
      const [fresh, used] = [await saved(), await saved()]
      await tested.stores.authorizationCodes.take(used.grantId, used.code, "one")
      tested.clock.advance(600)
      for (const { code, grantId } of [fresh, used]) {
        expect(await tested.stores.authorizationCodes.find(grantId, code)).toEqual({ kind: "unknown" })
        expect(await tested.stores.authorizationCodes.take(grantId, code, "one")).toEqual({ kind: "unknown" })
      }
    })

    it("T3 survives failures below the limit, and is gone at the limit", async () => {
      const { code, authorization, grantId } = await saved()
      const fail = () => tested.stores.authorizationCodes.recordFailure(grantId, code, 3)
      expect([await fail(), await fail()]).toEqual([2, 1])
      const found = await tested.other.authorizationCodes.find(grantId, code)
      expect(found).toEqual({ kind: "taken", authorization })
      expect(await fail()).toBe(0)
      expect(await tested.stores.authorizationCodes.find(grantId, code)).toEqual({ kind: "unknown" })
      expect(await fail()).toBe(0)
    })

    it("counts failures at once, each of them", async () => {
      const { code, grantId } = await saved()
      const left = await tested.atOnce(5, (stores) => stores.authorizationCodes.recordFailure(grantId, code, 5))
      expect(left.sort()).toEqual([0, 1, 2, 3, 4])
    })

    it("keeps a used code known as used, whatever is tried with it", async () => {
      const { code, grantId } = await saved()
      await tested.stores.authorizationCodes.take(grantId, code, "one")
      for (let i = 0; i < 10; i++) await tested.stores.authorizationCodes.recordFailure(grantId, code, 5)
      expect(await tested.stores.authorizationCodes.find(grantId, code)).toMatchObject({ kind: "used" })
    })
  })
