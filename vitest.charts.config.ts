/** Proof of the charts, apart from `npm test`: it needs Helm; with `--mode cluster` a Kubernetes of which kubectl knows. */
import { defineConfig } from "vitest/config"

const conditions = ["source", "node", "import", "module", "default"]

export default defineConfig(({ mode }) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [mode === "cluster" ? "helm/test/cluster/*.test.ts" : "helm/test/*.test.ts"],
    globalSetup: ["helm/test/require-tools.ts"],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    update: "none", // goldens and READMEs are written when it is asked for, by -u
    passWithNoTests: false,
    allowOnly: false,
    sequence: { hooks: "stack" },
  },
}))
