/** The service's pulse: what ends by the clock is looked at once a second. */

/** Calls `tick` every second until the returned function is called. */
export type EverySecond = (tick: () => void) => () => void

export const everySecond: EverySecond = (tick) => {
  const timer = setInterval(tick, 1000)
  timer.unref()
  return () => clearInterval(timer)
}
