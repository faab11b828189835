/** Proof of the load tests, apart from `npm test`: it needs k6. */
import { defineConfig } from "vitest/config"

const conditions = ["source", "node", "import", "module", "default"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["loadtest/test/*.suite.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    allowOnly: false,
    sequence: { hooks: "stack" },
  },
})
