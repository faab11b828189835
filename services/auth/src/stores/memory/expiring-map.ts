/** A map whose entries expire by the injected clock, and which refuses rather than forgets when it is full. */
import { unavailable } from "@gatehouse/oauth"

export interface MemoryOptions {
  /** Seconds since 1970. */
  now: () => number
  /** The most entries each kind of record may have. */
  maxEntries: number
}

/** Values are copied in and out: whoever changes what was handed out changes nothing here. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; expiresAt: number }>()
  readonly #now: () => number
  readonly #maxEntries: number
  /** Before this time a sweep would find nothing, so that a full map is not searched at each request. */
  #nextExpiry = Number.POSITIVE_INFINITY

  constructor({ now, maxEntries }: MemoryOptions) {
    this.#now = now
    this.#maxEntries = maxEntries
  }

  get(key: string): V | undefined {
    const value = this.peek(key)
    return value === undefined ? undefined : structuredClone(value)
  }

  /** What `get` copies, itself: to look at, in what is asked for every request. */
  peek(key: string): V | undefined {
    const entry = this.#entries.get(key)
    return entry && this.#isLive(entry) ? entry.value : undefined
  }

  /** When the entry expires; undefined when it is not there. */
  expiryOf(key: string): number | undefined {
    const entry = this.#entries.get(key)
    return entry && this.#isLive(entry) ? entry.expiresAt : undefined
  }

  /** @throws OAuthError `temporarily_unavailable` when every entry is alive and there is no room for another */
  set(key: string, value: V, expiresAt: number): void {
    if (!this.#entries.has(key)) this.#makeRoom()
    this.#entries.set(key, { value: structuredClone(value), expiresAt })
    this.#nextExpiry = Math.min(this.#nextExpiry, expiresAt)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  *values(): Iterable<V> {
    for (const entry of this.#entries.values()) if (this.#isLive(entry)) yield structuredClone(entry.value)
  }

  #isLive = (entry: { expiresAt: number }): boolean => this.#now() < entry.expiresAt

  #makeRoom(): void {
    if (this.#entries.size < this.#maxEntries) return
    if (this.#now() >= this.#nextExpiry) this.#sweep()
    // Forgetting a live entry would log somebody out, or forget a revocation.
    if (this.#entries.size >= this.#maxEntries) throw unavailable("the store is full")
  }

  #sweep(): void {
    this.#nextExpiry = Number.POSITIVE_INFINITY
    for (const [key, entry] of this.#entries)
      if (this.#isLive(entry)) this.#nextExpiry = Math.min(this.#nextExpiry, entry.expiresAt)
      else this.#entries.delete(key)
  }
}
