/** The image, as far as it can be checked without an engine: what deploy/Dockerfile copies, how it starts, and what it may not contain. */
import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync } from "node:fs"
import { join, matchesGlob } from "node:path"
import { authSettings } from "@gatehouse/auth"
import { mcpSettings } from "@gatehouse/mcp"
import { describe, expect, it } from "vitest"
import { root, textOf } from "./alerts-promql.ts"

const dockerfile = textOf("deploy/Dockerfile")
const ignored = textOf(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))

/** As an engine decides it: the last line that matches a path, or a folder above it, wins. */
function reachesBuild(path: string): boolean {
  const parts = path.split("/")
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join("/"))
  // An engine's `*` takes names that begin with a dot, too.
  const matches = (path: string, glob: string) => glob === "*" || matchesGlob(path, glob)
  const last = ignored.findLast((line) => folders.some((folder) => matches(folder, line.replace(/^!/, ""))))
  return last === undefined || last.startsWith("!")
}

const copiedFromContext = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = ""]) =>
  names.split(" "),
)

describe("deploy/Dockerfile", () => {
  it("copies what exists and what .dockerignore lets through", () => {
    expect(copiedFromContext).toContain("package-lock.json")
    for (const path of copiedFromContext) {
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(reachesBuild(path), path).toBe(true)
    }
  })

  it("sees every package of the workspace and its sources", () => {
    const { workspaces } = JSON.parse(textOf("package.json")) as { workspaces: string[] }
    const packages = workspaces.flatMap((glob) => globSync(`${glob}/package.json`, { cwd: root }))
    expect(packages.length).toBeGreaterThan(6)
    for (const path of packages) {
      expect(path).toMatch(/^services\//)
      expect(reachesBuild(path), path).toBe(true)
      expect(reachesBuild(path.replace("package.json", "src/index.ts")), path).toBe(true)
    }
  })

  it("never sees secrets, reports, tests, or what was built or installed here", () => {
    for (const path of [
      ".env",
      "services/auth/.env.local",
      "services/auth/dist/main.js",
      "services/auth/test/harness.ts",
      "services/mcp/node_modules/x/index.js",
      "node_modules/x/index.js",
      ".git/config",
      "bench-results/x.json",
    ])
      expect(reachesBuild(path), path).toBe(false)
  })

  it("takes the Node that the repository names, and starts it with flags that it knows", () => {
    const version = textOf(".nvmrc").trim()
    expect(dockerfile).toContain(`/node:${version}-`)
    expect(dockerfile).toContain(`/nodejs${version}-`)
    const flags = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]") as string[]
    expect(flags.at(-1)).toBe("/app/main.js")
    expect(flags).toContain("--enable-source-maps")
    const { status, stderr } = spawnSync(process.execPath, [...flags.slice(0, -1), "-e", "0"], { encoding: "utf8" })
    expect(status, stderr).toBe(0)
  })

  it("runs as a user that is not root, by number, and sets only variables that the services know", () => {
    expect(dockerfile).toMatch(/^USER 65532:65532$/m)
    const [, block = ""] = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile) ?? []
    const names = [...block.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name)
    expect(names).toContain("HOST")
    for (const name of names.filter((each) => each !== "PATH"))
      for (const settings of [authSettings, mcpSettings]) expect(Object.keys(settings)).toContain(name)
  })

  it("names the version of the package, and starts a main that every service has", () => {
    const { version } = JSON.parse(textOf("package.json")) as { version: string }
    expect(dockerfile).toContain(`ARG VERSION=${version}\n`)
    for (const service of ["auth", "mcp", "all-in-one"])
      expect(readFileSync(join(root, `services/${service}/src/main.ts`), "utf8")).toContain("await runProcess(")
  })
})
