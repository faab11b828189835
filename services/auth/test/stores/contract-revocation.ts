/** The contract of `Grants.revoke` and `Grants.revokeAccessToken`: what is dead stays dead. */
import { describe, expect, it } from "vitest"
import type { StoresUnderTest } from "./contract.ts"
import { aGrant, anAccessToken, aRefreshToken, aRotation } from "./records.ts"

export const describeRevocation = (tested: StoresUnderTest) => {
  const issued = async () => {
    const grant = aGrant(tested.now())
    const token = anAccessToken(grant, tested.now() + 900)
    const refreshToken = aRefreshToken(tested.now() + 86_400)
    await tested.stores.grants.create(grant, tested.now() + 600)
    await tested.stores.grants.issue(grant.grantId, token, refreshToken)
    return { grant, grantId: grant.grantId, token, refreshToken }
  }

  describe("Grants.revoke", () => {
    it("V2 kills every token of the grant, and leaves the grant to be found as revoked", async () => {
      const { grant, grantId, token, refreshToken } = await issued()
      await tested.stores.grants.revoke(grantId)
      const { grants } = tested.other
      expect(await grants.find(grantId)).toEqual({ ...grant, generation: 1, revokedAt: tested.now() })
      expect(await grants.introspect(grantId, token.hash)).toBeUndefined()
      expect(await grants.rotate(aRotation(grant, refreshToken.hash, tested.now()))).toEqual({ kind: "unknown" })
      expect(await grants.issue(grantId, anAccessToken(grant, tested.now() + 900))).toBe(false)
      expect(await grants.hasRefreshToken(grantId, refreshToken.hash)).toBe(true)
    })

    it("keeps the first time when it is done again", async () => {
      const { grantId } = await issued()
      const revokedAt = tested.now()
      await tested.stores.grants.revoke(grantId)
      tested.clock.advance(10)
      await tested.stores.grants.revoke(grantId)
      expect(await tested.stores.grants.find(grantId)).toMatchObject({ revokedAt })
    })

    it("remembers the tombstone as long as anything of the grant could live", async () => {
      const { grant, grantId } = await issued()
      await tested.stores.grants.revoke(grantId)
      tested.clock.advance(86_399)
      expect(await tested.stores.grants.create(grant, tested.now() + 600)).toBe(false)
    })

    it("refuses a grant that was revoked before it began", async () => {
      const grant = aGrant(tested.now())
      await tested.stores.grants.revoke(grant.grantId)
      tested.clock.advance(600)
      expect(await tested.other.grants.create(grant, tested.now() + 600)).toBe(false)
      expect(await tested.other.grants.find(grant.grantId)).toBeUndefined()
      expect(await tested.other.grants.issue(grant.grantId, anAccessToken(grant, tested.now() + 900))).toBe(false)
    })

    it("F17 leaves nothing alive when it meets a rotation, in a hundred rounds", async () => {
      for (let round = 0; round < 100; round++) {
        const { grant, grantId, token, refreshToken } = await issued()
        const rotation = aRotation(grant, refreshToken.hash, tested.now())
        const rotate = () => tested.stores.grants.rotate(rotation)
        const revoke = () => tested.other.grants.revoke(grantId)
        await Promise.all(round % 2 === 0 ? [rotate(), revoke()] : [revoke(), rotate()])
        expect(await tested.stores.grants.introspect(grantId, token.hash)).toBeUndefined()
        expect(await tested.stores.grants.introspect(grantId, rotation.accessToken.hash)).toBeUndefined()
        for (const presented of [refreshToken.hash, rotation.successor.hash])
          expect(await tested.stores.grants.rotate(aRotation(grant, presented, tested.now()))).toEqual({
            kind: "unknown",
          })
      }
    })

    it("leaves nothing alive when it meets the first issue, in fifty rounds", async () => {
      for (let round = 0; round < 50; round++) {
        const grant = aGrant(tested.now())
        const token = anAccessToken(grant, tested.now() + 900)
        await tested.stores.grants.create(grant, tested.now() + 600)
        await Promise.all([tested.stores.grants.issue(grant.grantId, token), tested.other.grants.revoke(grant.grantId)])
        expect(await tested.stores.grants.introspect(grant.grantId, token.hash)).toBeUndefined()
      }
    })

    it("leaves no grant of a subject alive that was created while the subject was revoked", async () => {
      const { subject } = aGrant(0)
      const grants = Array.from({ length: 50 }, () => aGrant(tested.now(), { subject }))
      const begin = tested.atOnce(50, (stores, i) => stores.grants.create(grants[i] ?? aGrant(0), tested.now() + 600))
      const revokeListed = async () => {
        for await (const page of tested.other.grants.list({ subject }))
          await Promise.all(page.map((grantId) => tested.other.grants.revoke(grantId)))
      }
      await Promise.all([begin, revokeListed()])
      await revokeListed()
      for (const { grantId } of grants)
        expect((await tested.stores.grants.find(grantId))?.revokedAt ?? "never began").not.toBe(0)
    })
  })

  describe("Grants.revokeAccessToken", () => {
    it("V1 kills one token, tells its claims, and leaves the rest of the grant alive", async () => {
      const { grant, grantId, token, refreshToken } = await issued()
      const second = anAccessToken(grant, tested.now() + 900)
      await tested.stores.grants.issue(grantId, second)
      expect(await tested.stores.grants.revokeAccessToken(grantId, token.hash)).toEqual(token.claims)
      expect(await tested.other.grants.introspect(grantId, token.hash)).toBeUndefined()
      expect(await tested.other.grants.introspect(grantId, second.hash)).toEqual(second.claims)
      const rotated = await tested.other.grants.rotate(aRotation(grant, refreshToken.hash, tested.now()))
      expect(rotated).toEqual({ kind: "rotated" })
    })

    it("tells the claims again when it is asked again, and nothing of an unknown token", async () => {
      const { grantId, token, refreshToken } = await issued()
      await tested.stores.grants.revokeAccessToken(grantId, token.hash)
      expect(await tested.stores.grants.revokeAccessToken(grantId, token.hash)).toEqual(token.claims)
      expect(await tested.stores.grants.revokeAccessToken(grantId, refreshToken.hash)).toBeUndefined()
    })

    it("stays dead when the command that issued it is sent again", async () => {
      const { grantId, token } = await issued()
      await tested.stores.grants.revokeAccessToken(grantId, token.hash)
      await tested.stores.grants.issue(grantId, token)
      expect(await tested.stores.grants.introspect(grantId, token.hash)).toBeUndefined()
    })
  })
}
