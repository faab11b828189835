/** Proof against a real Keycloak, apart from `npm test`: it needs Java, and Maven for the first time. */
import { defineConfig } from "vitest/config"

const conditions = ["source", "node", "import", "module", "default"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["services/mcp/test/keycloak/*.suite.ts"],
    testTimeout: 60_000,
    hookTimeout: 240_000,
    passWithNoTests: false,
    allowOnly: false,
    sequence: { hooks: "stack" },
  },
})
