/** News of revocations: what a feed promises, and the feed inside one process. */
import type { RevocationEvent } from "@gatehouse/oauth"

/** Tells every subscriber of each revocation, in order; and of a gap, when some may have been missed. */
export interface RevocationFeed {
  /**
   * Returns what ends the subscription. Listeners are called synchronously and must not throw.
   * `id` is the event's place in the stream that every process hears, where there is one; a gap's: all after it is heard.
   */
  subscribe(listener: (event: RevocationEvent, id?: string) => void, onGap?: (id?: string) => void): () => void
  /** The place in that stream up to which everything was heard; undefined while that is not known. */
  position?(): string | undefined
}

export interface RevocationSource extends RevocationFeed {
  publish(event: RevocationEvent, id?: string): void
  publishGap(id?: string): void
}

/** Revocations that begin and end in this process: whoever revokes publishes, and every listener has heard when that returns. */
export function localRevocations(): RevocationSource {
  type Subscription = {
    listener: Parameters<RevocationFeed["subscribe"]>[0]
    onGap: ((id?: string) => void) | undefined
  }
  const subscriptions = new Set<Subscription>()
  return {
    subscribe(listener, onGap) {
      const subscription = { listener, onGap }
      subscriptions.add(subscription)
      return () => void subscriptions.delete(subscription)
    },
    publish(event, id) {
      for (const { listener } of subscriptions) listener(event, id)
    },
    publishGap(id) {
      for (const { onGap } of subscriptions) onGap?.(id)
    },
  }
}

/** One feed of several: a revocation that two of them tell is told twice, which ends nothing more than once. */
export function mergeRevocations(...feeds: readonly RevocationFeed[]): RevocationFeed {
  const streams = feeds.filter((feed) => feed.position !== undefined)
  return {
    subscribe(listener, onGap) {
      const ends = feeds.map((feed) => feed.subscribe(listener, onGap))
      return () => {
        for (const end of ends) end()
      }
    },
    // Places in two streams cannot be compared.
    position: () => (streams.length === 1 ? streams[0]?.position?.() : undefined),
  }
}
