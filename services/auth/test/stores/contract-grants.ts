/** The contract of `Grants`: creating, issuing, introspecting, listing. */
import { describe, expect, it } from "vitest"
import type { Grant } from "../../src/domain/authorization.ts"
import type { StoresUnderTest } from "./contract.ts"
import { aGrant, anAccessToken, aRefreshToken, randomHash, randomId } from "./records.ts"

export const describeGrants = (tested: StoresUnderTest) => {
  const created = async (over: Partial<Grant> = {}) => {
    const grant = aGrant(tested.now(), over)
    expect(await tested.stores.grants.create(grant, tested.now() + 600)).toBe(true)
    return grant
  }
  const listed = async (of: { subject: string } | { clientId: string }) => {
    const pages: (readonly string[])[] = []
    for await (const page of tested.other.grants.list(of)) pages.push(page)
    return pages
  }

  describe("Grants", () => {
    it("finds a grant as it was created, until its expiry", async () => {
      const grant = await created()
      expect(await tested.other.grants.find(grant.grantId)).toEqual(grant)
      tested.clock.advance(600)
      expect(await tested.other.grants.find(grant.grantId)).toBeUndefined()
    })

    it("creates the same grant twice as once: the command may have been sent again", async () => {
      const grant = await created()
      expect(await tested.stores.grants.create(grant, tested.now() + 600)).toBe(true)
      expect(await tested.stores.grants.find(grant.grantId)).toEqual(grant)
    })

    it("introspects an issued token: exactly its claims, at every replica", async () => {
      const grant = await created()
      const token = anAccessToken(grant, tested.now() + 900)
      expect(await tested.stores.grants.issue(grant.grantId, token)).toBe(true)
      expect(await tested.other.grants.introspect(grant.grantId, token.hash)).toEqual(token.claims)
    })

    it("keeps a list of audiences a list", async () => {
      const grant = await created()
      const token = anAccessToken(grant, tested.now() + 900)
      token.claims.aud = ["https://one.example/mcp"]
      await tested.stores.grants.issue(grant.grantId, token)
      await tested.stores.grants.revokeAccessToken(grant.grantId, randomHash())
      expect(await tested.other.grants.introspect(grant.grantId, token.hash)).toEqual(token.claims)
    })

    it("keeps the grant as long as its longest token, and no longer", async () => {
      const grant = await created()
      const refreshToken = aRefreshToken(tested.now() + 7_200)
      await tested.stores.grants.issue(grant.grantId, anAccessToken(grant, tested.now() + 900), refreshToken)
      tested.clock.advance(7_199)
      expect(await tested.stores.grants.find(grant.grantId)).toMatchObject({ generation: 1 })
      tested.clock.advance(1)
      expect(await tested.stores.grants.find(grant.grantId)).toBeUndefined()
    })

    it("F16 keeps nothing past the grant's absolute end, without an error at the very end", async () => {
      const grant = await created({ absoluteExpiresAt: tested.now() + 100 })
      const token = anAccessToken(grant, tested.now() + 900)
      tested.clock.advance(99.9999)
      expect(await tested.stores.grants.issue(grant.grantId, token)).toBe(true)
      tested.clock.advance(1)
      expect(await tested.stores.grants.introspect(grant.grantId, token.hash)).toBeUndefined()
    })

    it("counts the first issue in the grant's generation, with or without a refresh token", async () => {
      const grant = await created()
      await tested.stores.grants.issue(grant.grantId, anAccessToken(grant, tested.now() + 900))
      expect(await tested.stores.grants.find(grant.grantId)).toMatchObject({ generation: 1 })
    })

    it("forgets an access token at its expiry, and keeps the grant", async () => {
      const grant = await created()
      const token = anAccessToken(grant, tested.now() + 300)
      await tested.stores.grants.issue(grant.grantId, token)
      tested.clock.advance(300)
      expect(await tested.stores.grants.introspect(grant.grantId, token.hash)).toBeUndefined()
      expect(await tested.stores.grants.find(grant.grantId)).toBeDefined()
    })

    it("issues nothing from a grant that is not there", async () => {
      const grant = aGrant(tested.now())
      const token = anAccessToken(grant, tested.now() + 900)
      const refreshToken = aRefreshToken(tested.now() + 900)
      expect(await tested.stores.grants.issue(grant.grantId, token, refreshToken)).toBe(false)
      expect(await tested.stores.grants.find(grant.grantId)).toBeUndefined()
      expect(await tested.stores.grants.hasRefreshToken(grant.grantId, refreshToken.hash)).toBe(false)
    })

    it("I5 knows a token only by its own hash, in its own grant, as what it is", async () => {
      const [grant, other] = [await created(), await created()]
      const token = anAccessToken(grant, tested.now() + 900)
      const refreshToken = aRefreshToken(tested.now() + 900)
      await tested.stores.grants.issue(grant.grantId, token, refreshToken)
      expect(await tested.stores.grants.introspect(other.grantId, token.hash)).toBeUndefined()
      expect(await tested.stores.grants.introspect(grant.grantId, refreshToken.hash)).toBeUndefined()
      expect(await tested.stores.grants.introspect(grant.grantId, randomHash())).toBeUndefined()
      expect(await tested.stores.grants.hasRefreshToken(grant.grantId, refreshToken.hash)).toBe(true)
      expect(await tested.stores.grants.hasRefreshToken(grant.grantId, token.hash)).toBe(false)
    })

    it("T22 finds nothing under an id of any form or length, and does not break", async () => {
      for (const grantId of ["", "}x", "{}", "a}b{c", "\0", "\u{1f600}", "x".repeat(100_000)]) {
        expect(await tested.stores.grants.find(grantId)).toBeUndefined()
        expect(await tested.stores.grants.introspect(grantId, randomHash())).toBeUndefined()
        expect(await tested.stores.authorizationCodes.find(grantId, randomHash())).toEqual({ kind: "unknown" })
        expect(await tested.stores.grants.issue(grantId, anAccessToken(aGrant(0), tested.now() + 9))).toBe(false)
      }
    })

    it("lists the grants of a subject and of a client", async () => {
      const subject = `demo|${randomId()}`
      const clientId = randomId()
      const [one, two, three] = [
        await created({ subject, clientId }),
        await created({ subject }),
        await created({ clientId }),
      ]
      const idsOf = (...grants: Grant[]) => grants.map(({ grantId }) => grantId).sort()
      expect((await listed({ subject })).flat().sort()).toEqual(idsOf(one, two))
      expect((await listed({ clientId })).flat().sort()).toEqual(idsOf(one, three))
      expect(await listed({ subject: "nobody" })).toEqual([])
    })

    it("X9 lists many grants in pages of bounded size, each of them", async () => {
      const subject = `demo|${randomId()}`
      const grants = await tested.atOnce(1_500, async (stores) => {
        const grant = aGrant(tested.now(), { subject })
        await stores.grants.create(grant, tested.now() + 600)
        return grant.grantId
      })
      const pages = await listed({ subject })
      expect(new Set(pages.flat())).toEqual(new Set(grants))
      expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(1_000)
      expect(pages.length).toBeGreaterThan(1)
    })

    it("lists no grant past its end", async () => {
      const { subject } = await created({ absoluteExpiresAt: tested.now() + 100 })
      tested.clock.advance(100)
      expect(await listed({ subject })).toEqual([])
    })
  })
}
