/** What every kind of store must do: the promises of `domain/ports.ts`, each a test, races included. */
import { type ManualClock, manualClock } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe } from "vitest"
import type { Stores } from "../../src/domain/ports.ts"
import { describeClients } from "./contract-clients.ts"
import { describeCodes } from "./contract-codes.ts"
import { describeGrants } from "./contract-grants.ts"
import { describeOneTimeValues } from "./contract-one-time.ts"
import { describePending } from "./contract-pending.ts"
import { describeRevocation } from "./contract-revocation.ts"
import { describeRotation } from "./contract-rotation.ts"

/** Two replicas of the service on one store; the same one twice, where there is only one process. */
export interface OpenedStores {
  replicas: readonly [Stores, Stores]
  close(): Promise<void>
}

export type OpenStores = (now: () => number) => Promise<OpenedStores>

export interface StoresUnderTest {
  readonly clock: ManualClock
  readonly now: () => number
  readonly stores: Stores
  readonly other: Stores
  /** Calls as many replicas in turn, all at once. */
  atOnce<T>(count: number, call: (stores: Stores, i: number) => Promise<T>): Promise<T[]>
}

export function describeStores(name: string, open: OpenStores): void {
  describe(`OAuth stores: ${name}`, () => {
    const clock = manualClock()
    let opened: OpenedStores | undefined
    const replicas = () => {
      if (!opened) throw new Error("the stores are not open")
      return opened.replicas
    }
    const tested: StoresUnderTest = {
      clock,
      now: clock.now,
      get stores() {
        return replicas()[0]
      },
      get other() {
        return replicas()[1]
      },
      atOnce: (count, call) =>
        Promise.all(Array.from({ length: count }, (_, i) => call(i % 2 === 0 ? tested.stores : tested.other, i))),
    }
    beforeAll(async () => {
      opened = await open(clock.now)
    })
    afterAll(() => opened?.close())

    describeClients(tested)
    describePending(tested)
    describeCodes(tested)
    describeGrants(tested)
    describeRotation(tested)
    describeRevocation(tested)
    describeOneTimeValues(tested)
  })
}
