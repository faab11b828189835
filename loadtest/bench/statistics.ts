/** What rounds of a measurement say: medians, quartiles, and whether a ratio of two means anything. */

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Between two neighbours where none stands at that place. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** With fewer, nobody knows how much rounds differ. */
const FEWEST_ROUNDS = 3
/** Of the middle half of the rounds, relative to the median: what differs more says nothing that is worth printing. */
const WIDEST_SPREAD = 0.2

export interface Ratio {
  /** Of the medians; null when the rounds do not agree, or are too few. */
  value: number | null
  /** Of the ratios of the single rounds, in which both ran one after the other: the middle half, relative to their median. */
  spread: number
  /** The least and the greatest of them. */
  range: [number, number]
  /** Why there is no value. */
  refused?: string
}

/** How often `theirs` holds `ours`: 1 means that ours costs no more. Round by round both stand at the same place. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const rounds = ours.map((cost, round) => (theirs[round] ?? Number.NaN) / cost)
  const spread = (quantile(rounds, 0.75) - quantile(rounds, 0.25)) / median(rounds)
  const measured = { spread, range: [Math.min(...rounds), Math.max(...rounds)] satisfies [number, number] }
  if (rounds.length < FEWEST_ROUNDS) return { value: null, ...measured, refused: `fewer than ${FEWEST_ROUNDS} rounds` }
  if (!(spread <= WIDEST_SPREAD))
    return { value: null, ...measured, refused: `rounds differ by ${(spread * 100).toFixed(0)} %` }
  return { value: median(theirs) / median(ours), ...measured }
}

/** As a table has it. */
export const describeRatio = ({ value, refused }: Ratio): string =>
  value === null ? `no ratio: ${refused}` : `**${value.toFixed(2)}**`

export const describeSpread = ({ range: [least, greatest] }: Ratio): string =>
  `${least.toFixed(2)} to ${greatest.toFixed(2)}`
