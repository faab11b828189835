/** News of revocations: what a feed promises, and the feed inside one process. */
import type { RevocationEvent } from "@gatehouse/oauth"

/** Tells every subscriber of each revocation, in order; and of a gap, when some may have been missed. */
export interface RevocationFeed {
  /** Returns what ends the subscription. Listeners are called synchronously and must not throw. */
  subscribe(listener: (event: RevocationEvent) => void, onGap?: () => void): () => void
}

export interface RevocationSource extends RevocationFeed {
  publish(event: RevocationEvent): void
  publishGap(): void
}

/** Revocations that begin and end in this process: whoever revokes publishes, and every listener has heard when that returns. */
export function localRevocations(): RevocationSource {
  const subscriptions = new Set<{ listener: (event: RevocationEvent) => void; onGap?: (() => void) | undefined }>()
  return {
    subscribe(listener, onGap) {
      const subscription = { listener, onGap }
      subscriptions.add(subscription)
      return () => void subscriptions.delete(subscription)
    },
    publish(event) {
      for (const { listener } of subscriptions) listener(event)
    },
    publishGap() {
      for (const { onGap } of subscriptions) onGap?.()
    },
  }
}

/** One feed of several: a revocation that two of them tell is told twice, which ends nothing more than once. */
export const mergeRevocations = (...feeds: readonly RevocationFeed[]): RevocationFeed => ({
  subscribe(listener, onGap) {
    const ends = feeds.map((feed) => feed.subscribe(listener, onGap))
    return () => {
      for (const end of ends) end()
    }
  },
})
