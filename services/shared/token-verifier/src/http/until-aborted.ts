/** Waiting that can be given up without giving up what is waited for. */

/** The promise's result, or the signal's reason as soon as it is aborted. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {}) // given up before it began, nobody is left to hear that it failed
  signal.throwIfAborted()
  let giveUp: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason)
    signal.addEventListener("abort", giveUp, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener("abort", giveUp)
  }
}
