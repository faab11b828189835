/** One test run for the whole repository: sources are read through the `source` condition, without a build. */
import { defineConfig } from "vitest/config"

const conditions = ["source", "node", "import", "module", "default"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["services/**/test/**/*.test.ts", "loadtest/**/*.test.ts", "docs/**/*.test.ts"],
    globalSetup: ["services/shared/test-kit/src/require-tools.ts"],
    maxWorkers: 2,
    // The MCP clients bring packages with a `source` condition of their own, in TypeScript that Node will not strip.
    server: { deps: { inline: [/@modelcontextprotocol\/(sdk|client)\//, /eventsource/] } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    allowOnly: false,
    sequence: { hooks: "stack" },
  },
})
