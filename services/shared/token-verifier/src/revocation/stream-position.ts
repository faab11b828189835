/** Places in the stream of revocations: ids of Redis, `milliseconds-number`, which only ever grow. */

/** Before every entry. */
export const BEGINNING = "0-0"

const place = /^\d{1,15}-\d{1,15}$/

export const isPosition = (text: unknown): text is string => typeof text === "string" && place.test(text)

export const millisecondsOf = (id: string): number => Number(id.slice(0, id.indexOf("-")))

const numberOf = (id: string): number => Number(id.slice(id.indexOf("-") + 1))

export function isAfter(id: string, other: string): boolean {
  const [milliseconds, others] = [millisecondsOf(id), millisecondsOf(other)]
  return milliseconds === others ? numberOf(id) > numberOf(other) : milliseconds > others
}
