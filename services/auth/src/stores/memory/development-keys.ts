/** Development signing keys, in memory: they live as long as the process, and so do the tokens. */
import type { DevelopmentKeys } from "../../domain/ports.ts"

export function createDevelopmentKeys(): DevelopmentKeys {
  let stored: string | undefined
  return {
    async findOrSave(made) {
      stored ??= made
      return stored
    },
  }
}
