/** A bound on how long one asks. */

import { untilAborted } from "../http/until-aborted.ts"
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

/** Gives up after `timeoutMs`, and tells what it asked to give up too. Throws Unavailable `timeout`. */
export const withTimeout =
  (timeoutMs: number, ask: Introspect): Introspect =>
  async (token, signal) => {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new Unavailable("timeout")), timeoutMs)
    const either = AbortSignal.any([signal, deadline.signal])
    try {
      return await untilAborted(ask(token, either), either)
    } finally {
      clearTimeout(timer)
    }
  }
