/** Bodies in the shape that providers document, as they were collected in November 2026 (`fixtures/`). */
import { readFileSync } from "node:fs"
import { join } from "node:path"

export type Json = Record<string, unknown>

/** A fresh copy each time. */
export const fixture = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8"))

/** When the tokens in the fixtures were issued. */
export const FIXTURE_TIME = 1_795_392_000
