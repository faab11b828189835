/** Batches: whoever works through many tokens asks for all of them, and no more than a bounded number are under way. */

const AT_ONCE = 256

/** Calls `verify` for each item, in order of their places; the first error ends it. */
export async function verifyInBatches<T, R>(items: readonly T[], verify: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const place = next++
      results[place] = await verify(items[place] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work))
  return results
}
