/** One metric as it is kept: a cell of plain numbers for each combination of labels that has occurred or starts at zero. */

/** Labels with every value that they can have. */
export type LabelValues = Readonly<Record<string, readonly string[]>>

export type LabelsOf<L extends LabelValues> = { readonly [K in keyof L]: L[K][number] }

/** A line of the exposition, as prom-client's registry prints it. */
export interface Sample {
  /** The family's name when absent. */
  metricName?: string
  labels: Readonly<Record<string, string | number>>
  value: number
  exemplar?: Exemplar | undefined
}

export interface Exemplar {
  labelSet: Readonly<Record<string, string>>
  value: number
  /** Seconds since 1970. */
  timestamp: number
}

/** What a registry needs to know of a metric. */
export interface Family {
  /** As declared; the registry may shorten `name`. */
  readonly metricName: string
  name: string
  readonly help: string
  readonly type: "counter" | "histogram" | "gauge"
  readonly labels: LabelValues
  get(): Promise<{ name: string; help: string; type: string; values: Sample[] }>
}

/** Counted instead of a value that is in no list. */
const OTHER = "other"

export interface Cell<T> {
  readonly labels: Readonly<Record<string, string>>
  readonly state: T
}

type Branch<T> = Map<string, Branch<T> | Cell<T>>

/** Finds a cell by its labels without building a key: one look-up a label, no allocation. Every answer passes here several times. */
export class Cells<T> {
  readonly all: Cell<T>[] = []
  readonly #names: readonly string[]
  readonly #values: readonly ReadonlySet<string>[]
  readonly #create: () => T
  readonly #root: Branch<T> = new Map()
  /** Where there are no labels. */
  #only: Cell<T> | undefined

  constructor(labels: LabelValues, create: () => T) {
    this.#names = Object.keys(labels)
    this.#values = Object.values(labels).map((values) => new Set(values))
    this.#create = create
  }

  /** The state of this combination; it exists from now on. */
  at(given: Readonly<Record<string, string>>): T {
    const names = this.#names
    if (names.length === 0) {
      this.#only ??= this.#cell({})
      return this.#only.state
    }
    let node: Branch<T> | Cell<T> = this.#root
    for (let i = 0; i < names.length; i++) {
      const value = given[names[i] as string] ?? OTHER
      node = (node as Branch<T>).get(value) ?? this.#below(node as Branch<T>, i, given)
    }
    return (node as Cell<T>).state
  }

  /** Never remembers a value that is not in the list: whoever sends such values cannot fill the memory. */
  #below(branch: Branch<T>, i: number, given: Readonly<Record<string, string>>): Branch<T> | Cell<T> {
    const labels = this.#closed(given)
    const value = labels[this.#names[i] as string] as string
    const known = branch.get(value)
    if (known) return known
    const created = i === this.#names.length - 1 ? this.#cell(labels) : new Map()
    branch.set(value, created)
    return created
  }

  #closed(given: Readonly<Record<string, string>>): Record<string, string> {
    const values = this.#names.map((name, i) => {
      const value = given[name]
      return [name, value !== undefined && this.#values[i]?.has(value) ? value : OTHER] as const
    })
    return Object.fromEntries(values)
  }

  #cell(labels: Readonly<Record<string, string>>): Cell<T> {
    const cell = { labels, state: this.#create() }
    this.all.push(cell)
    return cell
  }
}

/** Every combination of the values. */
export function combinationsOf(labels: LabelValues): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
    [{}],
  )
}
