/** The store contract, in memory; and what a bounded memory adds to it. */
import { manualClock } from "@gatehouse/test-kit"
import { describe, expect, it } from "vitest"
import { createMemoryStores } from "../../src/stores/memory/index.ts"
import { describeStores } from "./contract.ts"
import { aClient, aGrant } from "./records.ts"

describeStores("in memory", async (now) => {
  const stores = createMemoryStores({ now })
  return { replicas: [stores, stores], close: () => stores.close() }
})

describe("OAuth stores in bounded memory", () => {
  it("refuses what does not fit with temporarily_unavailable, and forgets nothing alive", async () => {
    const { now } = manualClock()
    const { grants } = createMemoryStores({ now, maxEntries: 2 })
    const [one, two, three] = [aGrant(now()), aGrant(now()), aGrant(now())]
    for (const grant of [one, two]) await grants.create(grant, now() + 600)
    await expect(grants.create(three, now() + 600)).rejects.toMatchObject({ code: "temporarily_unavailable" })
    expect(await grants.find(one.grantId)).toEqual(one)
    await grants.revoke(two.grantId)
    expect(await grants.find(two.grantId)).toMatchObject({ revokedAt: now() })
  })

  it("has room again once something has expired", async () => {
    const clock = manualClock()
    const { clients } = createMemoryStores({ now: clock.now, maxEntries: 2 })
    const [one, two, three] = [aClient(), aClient(), aClient()]
    await clients.save(one, clock.now() + 60)
    await clients.save(two, clock.now() + 600)
    clock.advance(60)
    await clients.save(three, clock.now() + 600)
    expect(await clients.find(two.clientId)).toEqual(two)
    expect(await clients.find(three.clientId)).toEqual(three)
  })

  it("says that a restart forgets everything", async () => {
    const [warning] = await createMemoryStores({ now: () => 0 }).warnings()
    expect(warning).toMatch(/a restart forgets/)
  })
})
