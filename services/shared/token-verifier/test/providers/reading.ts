/** Presets by name, and what they make of a body. */
import { readClaims } from "../../src/introspection.ts"
import { presets } from "../../src/providers/index.ts"
import type { ProviderPreset } from "../../src/providers/preset.ts"
import type { Json } from "./fixture.ts"

export function preset(name: string): ProviderPreset {
  const found = presets.get(name)
  if (!found) throw new Error(`no preset ${name}`)
  return found
}

export const read = (name: string, raw: Json) => readClaims(preset(name).rename?.(raw) ?? raw)

export const isAccessToken = (name: string, raw: Json): boolean => preset(name).isAccessToken?.(raw) ?? true
