/** How much longer an answer may be used that was asked for elsewhere: said on the answer, so that no layer between loses it. */
import type { ActiveToken } from "../introspection.ts"

const FRESH_UNTIL = Symbol("fresh until")

interface Dated {
  readonly [FRESH_UNTIL]?: number
}

/** @param seconds monotonic, of this process */
export const withFreshUntil = (answer: ActiveToken, seconds: number): ActiveToken =>
  Object.freeze({ ...answer, [FRESH_UNTIL]: seconds })

/** Infinity for an answer that was asked for here. */
export const freshUntilOf = (answer: ActiveToken & Dated): number => answer[FRESH_UNTIL] ?? Number.POSITIVE_INFINITY
