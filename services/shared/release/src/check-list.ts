/** Checks one after the other, a line each: what is well, what is not and why, and what was not looked at. */

/** Thrown by a check that has nothing to look at. The message ends the sentence "not checked: …, because …". */
export class NotChecked extends Error {
  override readonly name = "NotChecked"
}

export interface CheckList {
  /** Runs one; what it throws is a sentence for the operator. Returns what it returned, or undefined when it did not succeed. */
  check<T>(what: string, run: () => Promise<T> | T): Promise<T | undefined>
  /** How many failed. */
  failures(): number
}

export function createCheckList(print: (line: string) => void): CheckList {
  let failures = 0
  return {
    async check(what, run) {
      try {
        const result = await run()
        print(`ok: ${what}`)
        return result
      } catch (error) {
        if (error instanceof NotChecked) {
          print(`not checked: ${what}, because ${error.message}`)
          return undefined
        }
        failures++
        print(`failed: ${what}: ${error instanceof Error ? error.message : String(error)}`)
        return undefined
      }
    },
    failures: () => failures,
  }
}

/** @throws NotChecked */
export function needed<T>(value: T | undefined, because: string): T {
  if (value === undefined) throw new NotChecked(because)
  return value
}
