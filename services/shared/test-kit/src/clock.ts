/** A clock that moves only when a test says so. */

export interface ManualClock {
  /** Seconds since 1970. */
  now: () => number
  advance(seconds: number): void
}

/** @param startSeconds the present by default, so that certificates and other real things agree with it */
export function manualClock(startSeconds = Math.floor(Date.now() / 1000)): ManualClock {
  let seconds = startSeconds
  return {
    now: () => seconds,
    advance: (by) => {
      seconds += by
    },
  }
}
