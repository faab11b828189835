/** Lines that anybody can cause as often as they like: of each kind the first of a minute are written, and then how many more there were. */

const MAX_LINES_A_MINUTE = 60
const MINUTE_MS = 60_000
/** Kinds are made of words of ours; this is for the word that is not. */
const MAX_KINDS = 1_000

/** Known by its class: a mark among its fields would cost more than the rest of it. */
class Repeatable {
  declare reason?: unknown
  declare route?: unknown
  declare status?: unknown
}

/** Marks a line's fields: its kind is its message with its reason, its route and its status. With LOG_LEVEL=debug every line is written. */
export const repeatable = <F extends object>(fields: F): F => Object.assign(new Repeatable(), fields)

/** Undefined: this line is to be written, however many there are. */
export function kindOf(fields: unknown, message: string): string | undefined {
  if (!(fields instanceof Repeatable)) return undefined
  const { reason, route, status } = fields
  return [message, reason, route, status].filter((part) => part !== undefined).join(" ")
}

export interface RepeatLimit {
  /** Whether one more is to be written. */
  admits(kind: string, level: number): boolean
  /** Tells what has not been told yet. */
  tell(): void
}

/** @param tell is called at the end of a minute, or when the next one has begun, for each kind of which there were more */
export function createRepeatLimit(
  tell: (more: { kind: string; lines: number; level: number }) => void,
  nowMs: () => number = Date.now,
): RepeatLimit {
  const counts = new Map<string, { lines: number; level: number }>()
  let endsAtMs = 0
  let timer: NodeJS.Timeout | undefined
  const end = () => {
    clearTimeout(timer)
    timer = undefined
    const over = [...counts].filter(([, { lines }]) => lines > MAX_LINES_A_MINUTE)
    counts.clear()
    for (const [kind, { lines, level }] of over) tell({ kind, lines: lines - MAX_LINES_A_MINUTE, level })
  }
  return {
    tell: end,
    admits(kind, level) {
      const now = nowMs()
      if (now >= endsAtMs) {
        end()
        endsAtMs = now + MINUTE_MS
      }
      const known = counts.has(kind) || counts.size < MAX_KINDS ? kind : "others"
      const count = counts.get(known) ?? { lines: 0, level }
      count.lines++
      counts.set(known, count)
      if (count.lines <= MAX_LINES_A_MINUTE) return true
      timer ??= setTimeout(end, endsAtMs - now).unref()
      return false
    },
  }
}
