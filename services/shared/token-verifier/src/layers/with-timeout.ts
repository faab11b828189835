/** A bound on how long one asks. */

import { untilAborted } from "../http/until-aborted.ts"
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

// In milliseconds of the clock that timers run by.
const deadlines = new WeakMap<AbortSignal, number>()

/** Gives up after `timeoutMs`, and tells what it asked to give up too. Throws Unavailable `timeout`. */
export const withTimeout =
  (timeoutMs: number, ask: Introspect): Introspect =>
  async (token, signal) => {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new Unavailable("timeout")), timeoutMs)
    const either = AbortSignal.any([signal, deadline.signal])
    deadlines.set(either, performance.now() + Math.min(timeoutMs, timeLeftMs(signal)))
    try {
      return await untilAborted(ask(token, either), either)
    } finally {
      clearTimeout(timer)
    }
  }

/** How long the `withTimeout` that made this signal still waits: a pause beyond that is in vain. Infinity without one. */
export const timeLeftMs = (signal: AbortSignal): number =>
  (deadlines.get(signal) ?? Number.POSITIVE_INFINITY) - performance.now()
