/** Waiting, always with a bound and with a name for what was waited for. */
import { setTimeout as pause } from "node:timers/promises"

export interface Patience {
  timeoutMs?: number
  everyMs?: number
}

/** What `look` returns, once that is neither undefined nor false. @throws Error when it never was, with what it last threw */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 60_000, everyMs = 500 }: Patience = {},
): Promise<T> {
  const end = performance.now() + timeoutMs
  let why = ""
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      why = `: ${error instanceof Error ? error.message : String(error)}`
    }
    if (performance.now() > end) throw new Error(`not within ${timeoutMs / 1000} s: ${what}${why}`)
    await pause(everyMs)
  }
}
