/** The import rules are executable; here each is proved to match real files and to refuse a file that breaks it. */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

interface Rule {
  name: string
  from: { path: string; pathNot?: string }
}
interface Cruise {
  modules: { source: string }[]
  summary: { violations: { rule: { name: string }; from: string }[]; totalCruised: number }
}

const root = resolve(import.meta.dirname, "../../..")
const rules: Rule[] = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs")).forbidden

/** For each rule a file that breaks it, and what that file imports. */
const offenders: Record<string, { file: string; imports: string }> = {
  "no-circular": { file: "services/auth/src/domain/circle-a.ts", imports: "./circle-b.ts" },
  "no-unresolved": { file: "services/mcp/src/lost.ts", imports: "./nowhere.ts" },
  "oauth-is-a-leaf": { file: "services/shared/oauth/src/greedy.ts", imports: "zod" },
  "token-verifier-knows-only-oauth": {
    file: "services/shared/token-verifier/src/greedy.ts",
    imports: "@gatehouse/service-kit",
  },
  "token-verifier-has-no-framework": { file: "services/shared/token-verifier/src/web.ts", imports: "fastify" },
  "service-kit-knows-no-service": { file: "services/shared/service-kit/src/greedy.ts", imports: "@gatehouse/oauth" },
  "release-knows-no-service": { file: "services/shared/release/src/nosy.ts", imports: "@gatehouse/auth" },
  "telemetry-sdk-on-demand": { file: "services/mcp/src/telemetry.ts", imports: "@opentelemetry/core" },
  "domain-is-pure": { file: "services/auth/src/domain/impure.ts", imports: "ioredis" },
  "routes-do-not-reach-stores": {
    file: "services/auth/src/routes/shortcut.ts",
    imports: "../stores/memory/index.ts",
  },
  "routes-take-only-types-of-the-verifier": {
    file: "services/mcp/src/routes/verifying.ts",
    imports: "@gatehouse/token-verifier",
  },
  "stores-implement-ports": { file: "services/auth/src/stores/redis/upward.ts", imports: "../../routes/token.ts" },
  "memory-stores-know-no-redis": { file: "services/auth/src/stores/memory/remote.ts", imports: "ioredis" },
  "app-has-no-stores": { file: "services/auth/src/app.ts", imports: "./stores/memory/index.ts" },
  "auth-does-not-know-mcp": { file: "services/auth/src/nosy.ts", imports: "@gatehouse/mcp" },
  "mcp-does-not-know-auth": { file: "services/mcp/src/nosy.ts", imports: "@gatehouse/auth" },
  "all-in-one-uses-public-faces": {
    file: "services/all-in-one/src/nosy.ts",
    imports: "../../auth/src/domain/ports.ts",
  },
  "no-test-code-in-production": { file: "services/mcp/src/testing.ts", imports: "@gatehouse/test-kit" },
  "no-dev-dependency-in-production": { file: "services/mcp/src/undeclared.ts", imports: "vitest" },
}

function cruise(directory: string): Cruise {
  const binary = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs")
  const arguments_ = [binary, "services", "--config", ".dependency-cruiser.cjs", "--output-type", "json"]
  try {
    return JSON.parse(execFileSync(process.execPath, arguments_, { cwd: directory, maxBuffer: 1e9 }).toString())
  } catch (error) {
    // It exits with the number of violations, and prints the report all the same.
    return JSON.parse((error as { stdout: Buffer }).stdout.toString())
  }
}

describe("import rules", () => {
  const broken = mkdtempSync(join(tmpdir(), "gatehouse-rules-"))
  let real: Cruise
  let violations: Cruise["summary"]["violations"]

  beforeAll(() => {
    for (const file of [".dependency-cruiser.cjs", "package.json", "tsconfig.base.json", "services"])
      cpSync(join(root, file), join(broken, file), {
        recursive: true,
        filter: (path) => !/node_modules|dist$/.test(path),
      })
    mkdirSync(join(broken, "node_modules"))
    linkPackages()
    for (const { file, imports } of Object.values(offenders)) {
      mkdirSync(dirname(join(broken, file)), { recursive: true })
      writeFileSync(join(broken, file), `import * as imported from "${imports}"\nexport const used = imported\n`)
    }
    writeFileSync(join(broken, "services/auth/src/domain/circle-b.ts"), `export { used } from "./circle-a.ts"\n`)
    real = cruise(root)
    violations = cruise(broken).summary.violations
  }, 120_000)

  /** Third-party packages come from the real tree; our own must be the broken copies. */
  function linkPackages() {
    const ours = ["auth", "mcp", "all-in-one", "oauth", "token-verifier", "service-kit", "test-kit", "release"]
    const names = execFileSync("ls", ["-A", join(root, "node_modules")])
      .toString()
      .trim()
      .split("\n")
    for (const name of names.filter((name) => name !== "@gatehouse"))
      symlinkSync(join(root, "node_modules", name), join(broken, "node_modules", name))
    mkdirSync(join(broken, "node_modules/@gatehouse"))
    for (const name of ours) {
      const folder = ["auth", "mcp", "all-in-one"].includes(name) ? `services/${name}` : `services/shared/${name}`
      symlinkSync(join(broken, folder), join(broken, "node_modules/@gatehouse", name))
    }
  }

  afterAll(() => rmSync(broken, { recursive: true, force: true }))

  it("cruises TypeScript sources, not only what a compiler left", () => {
    expect(real.modules.filter(({ source }) => /^services\/.*\/src\/.*\.ts$/.test(source)).length).toBeGreaterThan(50)
  })

  it("finds nothing to refuse in the repository", () => {
    expect(real.summary.violations).toEqual([])
  })

  it.each(rules)("$name has files to watch", ({ from }) => {
    const watched = real.modules.filter(
      ({ source }) => new RegExp(from.path).test(source) && !(from.pathNot && new RegExp(from.pathNot).test(source)),
    )
    expect(watched.length).toBeGreaterThan(0)
  })

  it.each(rules)("$name refuses a file that breaks it", ({ name }) => {
    const offender = offenders[name]
    if (!offender) throw new Error(`no offender for the rule ${name}: add one`)
    const found = violations.filter((violation) => violation.rule.name === name).map(({ from }) => from)
    if (name === "no-circular") expect(found.some((from) => from.includes("circle-"))).toBe(true)
    else expect(found).toContain(offender.file)
  })
})
