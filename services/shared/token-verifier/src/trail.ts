/** What the layers leave behind on the way of one token: where its answer came from. */

/**
 * `l1`: this process's memory. `l2`: that of all replicas. `stale`: memory whose time is over, in place of no answer. `miss`: it
 * was not remembered, and found out anew, or could not be. `none`: nothing is remembered there, or nothing had to be looked up.
 */
export const CACHE_LABELS = ["l1", "l2", "stale", "miss", "none"] as const
export type CacheLabel = (typeof CACHE_LABELS)[number]

/** Carried beside a question, for one caller; the layer that has the answer writes its name on it. */
export interface Trail {
  cache: CacheLabel
}

export const newTrail = (cache: CacheLabel = "none"): Trail => ({ cache })
