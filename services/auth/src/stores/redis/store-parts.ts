/** What every Redis store is built from. */
import type { Commands } from "./commands.ts"
import type { Keys } from "./keys.ts"
import type { Records } from "./records.ts"

export interface StoreParts {
  commands: Commands
  keys: Keys
  records: Records
  /** Seconds since 1970. */
  now: () => number
}
