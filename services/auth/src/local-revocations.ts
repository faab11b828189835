/** Revocations, told within this process too: the resource server of the all-in-one service hears them without a wire. */
import type { RevocationEvent } from "@gatehouse/oauth"
import type { Revocations } from "./domain/ports.ts"

export interface LocalRevocations extends Revocations {
  /** Returns what ends the subscription. Listeners are called synchronously and must not throw. */
  subscribe(listener: (event: RevocationEvent) => void): () => void
}

export function withLocalListeners(revocations: Revocations): LocalRevocations {
  const listeners = new Set<(event: RevocationEvent) => void>()
  return {
    async publish(event) {
      // Here first: what this process can do for it does not wait for a store that may be down.
      for (const listener of listeners) listener(event)
      await revocations.publish(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
