/** The contract of `Grants.rotate`: atomic and forgiving at once. */
import { describe, expect, it } from "vitest"
import type { StoresUnderTest } from "./contract.ts"
import { aGrant, anAccessToken, aRefreshToken, aRotation, randomHash } from "./records.ts"

export const describeRotation = (tested: StoresUnderTest) => {
  /** A grant with its first refresh token, and refreshes of it. */
  const begun = async (refreshSeconds = 7 * 86_400) => {
    const grant = aGrant(tested.now())
    const first = aRefreshToken(tested.now() + refreshSeconds)
    await tested.stores.grants.create(grant, tested.now() + 600)
    await tested.stores.grants.issue(grant.grantId, anAccessToken(grant, tested.now() + 900), first)
    const rotationOf = (presented: string) => aRotation(grant, presented, tested.now())
    const rotate = (presented: string) => tested.stores.grants.rotate(rotationOf(presented))
    const introspect = (hash: string) => tested.other.grants.introspect(grant.grantId, hash)
    return { grant, grantId: grant.grantId, first: first.hash, rotationOf, rotate, introspect }
  }
  const revokedAt = async (grantId: string) => (await tested.other.grants.find(grantId))?.revokedAt

  describe("Grants.rotate", () => {
    it("replaces the newest token by the proposed one, with its access token", async () => {
      const { first, grantId, rotationOf, introspect } = await begun()
      const rotation = rotationOf(first)
      expect(await tested.stores.grants.rotate(rotation)).toEqual({ kind: "rotated" })
      expect(await introspect(rotation.accessToken.hash)).toEqual(rotation.accessToken.claims)
      expect(await tested.other.grants.find(grantId)).toMatchObject({ generation: 2, rotatedAt: tested.now() })
      expect(await tested.other.grants.rotate(rotationOf(rotation.successor.hash))).toEqual({ kind: "rotated" })
    })

    it("F4 repeats the successor within the grace, while it is unused", async () => {
      const { first, grantId, rotationOf, rotate, introspect } = await begun()
      const rotation = rotationOf(first)
      await tested.stores.grants.rotate(rotation)
      tested.clock.advance(29)
      const again = rotationOf(first)
      const repeated = await tested.other.grants.rotate(again)
      expect(repeated).toEqual({ kind: "repeated", sealedSuccessor: rotation.sealedSuccessor })
      expect(await introspect(again.accessToken.hash)).toEqual(again.accessToken.claims)
      expect(await tested.stores.grants.hasRefreshToken(grantId, again.successor.hash)).toBe(false)
      expect(await rotate(rotation.successor.hash)).toEqual({ kind: "rotated" })
    })

    it("F2 revokes the grant when a replaced token comes after the grace", async () => {
      const { first, grantId, rotationOf, rotate, introspect } = await begun()
      const rotation = rotationOf(first)
      await tested.stores.grants.rotate(rotation)
      tested.clock.advance(30)
      expect(await rotate(first)).toEqual({ kind: "reused" })
      expect(await revokedAt(grantId)).toBe(tested.now())
      expect(await introspect(rotation.accessToken.hash)).toBeUndefined()
      expect(await rotate(rotation.successor.hash)).toEqual({ kind: "unknown" })
    })

    it("F2 revokes the grant when a token comes again whose successor was used", async () => {
      const { first, grantId, rotationOf, rotate } = await begun()
      const rotation = rotationOf(first)
      await tested.stores.grants.rotate(rotation)
      await rotate(rotation.successor.hash)
      expect(await rotate(first)).toEqual({ kind: "reused" })
      expect(await revokedAt(grantId)).toBe(tested.now())
    })

    it("F14 sees the reuse of a token as long as it would have lived", async () => {
      const { first, grantId, rotate } = await begun(86_400)
      await rotate(first)
      tested.clock.advance(86_399)
      expect(await rotate(first)).toEqual({ kind: "reused" })
      expect(await revokedAt(grantId)).toBe(tested.now())
    })

    it("answers unknown, and changes nothing, for what was never issued or has expired", async () => {
      const { first, grantId, rotate } = await begun(1_000)
      expect(await rotate(randomHash())).toEqual({ kind: "unknown" })
      tested.clock.advance(900)
      const rotated = await rotate(first)
      tested.clock.advance(100)
      expect(rotated).toEqual({ kind: "rotated" })
      expect(await rotate(first)).toEqual({ kind: "unknown" })
      expect(await revokedAt(grantId)).toBe(0)
    })

    it("D3 answers the same rotation alike when it is sent again, even after the grace", async () => {
      const { first, grantId, rotationOf } = await begun()
      const rotation = rotationOf(first)
      const answers = [await tested.stores.grants.rotate(rotation)]
      tested.clock.advance(60)
      answers.push(await tested.stores.grants.rotate(rotation))
      expect(answers).toEqual([{ kind: "rotated" }, { kind: "rotated" }])
      expect(await tested.other.grants.find(grantId)).toMatchObject({ generation: 2, revokedAt: 0 })
    })

    it("extends the life of the grant with each rotation, but not past its absolute end", async () => {
      const { grant, grantId, first, rotationOf } = await begun()
      let presented = first
      while (tested.now() + 6 * 86_400 < grant.absoluteExpiresAt) {
        tested.clock.advance(6 * 86_400)
        const rotation = rotationOf(presented)
        expect(await tested.stores.grants.rotate(rotation)).toEqual({ kind: "rotated" })
        presented = rotation.successor.hash
      }
      tested.clock.advance(grant.absoluteExpiresAt - tested.now())
      expect(await tested.stores.grants.rotate(rotationOf(presented))).toEqual({ kind: "unknown" })
      expect(await tested.stores.grants.find(grantId)).toBeUndefined()
    })

    it("F3 gives every one of two or fifty callers at once one and the same successor", async () => {
      for (const count of [2, 50]) {
        const { first, grantId, rotationOf, introspect, rotate } = await begun()
        const rotations = Array.from({ length: count }, () => rotationOf(first))
        const answers = await tested.atOnce(count, (stores, i) =>
          stores.grants.rotate(rotations[i] ?? rotationOf(first)),
        )
        const winner = rotations[answers.findIndex(({ kind }) => kind === "rotated")]
        expect(answers.filter(({ kind }) => kind === "rotated")).toHaveLength(1)
        expect(answers.filter(({ kind }) => kind === "repeated")).toHaveLength(count - 1)
        for (const answer of answers)
          if (answer.kind === "repeated") expect(answer.sealedSuccessor).toBe(winner?.sealedSuccessor)
        for (const { accessToken } of rotations) expect(await introspect(accessToken.hash)).toEqual(accessToken.claims)
        expect(await tested.stores.grants.find(grantId)).toMatchObject({ generation: 2, revokedAt: 0 })
        expect(await rotate(winner?.successor.hash ?? "")).toEqual({ kind: "rotated" })
      }
    })
  })
}
