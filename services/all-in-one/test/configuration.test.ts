/** docs/configuration.md is what the settings tables say. After a change: `npx vitest run configuration -u` writes it anew. */
import { join, resolve } from "node:path"
import { authSettings } from "@gatehouse/auth"
import { mcpSettings } from "@gatehouse/mcp"
import { SETTING_NAMES, type Setting, type Settings } from "@gatehouse/service-kit"
import { describe, expect, it } from "vitest"
import { allInOneSettings } from "../src/config.ts"

const document = join(resolve(import.meta.dirname, "../../.."), "docs/configuration.md")
const services: Record<string, Settings> = { auth: authSettings, mcp: mcpSettings, "all-in-one": allInOneSettings }

/** What a value must look like, in the words of the error that a wrong one gets. */
function formOf(name: string, { parse }: Setting<unknown>): string {
  if (name.endsWith("_FILE")) return "path of a file"
  try {
    return Array.isArray(parse("~~ ~~", name)) ? "list, between commas" : "text"
  } catch (error) {
    return (error as Error).message.replace(/^.*must (be|have) /, "")
  }
}

function defaultOf(setting: Setting<unknown>): string {
  if (!("default" in setting)) return ""
  const { default: value } = setting
  const size = value instanceof Map ? value.size : Array.isArray(value) || typeof value === "string" ? value.length : 1
  return size === 0 ? "" : `\`${String(value)}\``
}

/** One row of what several services share; where their defaults differ, each is told. */
function rowOf(name: string, users: string[]): string {
  const settings = users.flatMap((user) => services[user]?.[name] ?? [])
  const [first] = settings
  if (first === undefined) throw new Error(`nobody has ${name}`)
  const defaults = new Map(users.map((user, i) => [user, defaultOf(settings[i] as Setting<unknown>)]))
  const alike = new Set(defaults.values()).size === 1
  const shown = alike ? defaultOf(first) : [...defaults].map(([user, value]) => `${user}: ${value}`).join("<br>")
  const also = first.secret ? `<br>or \`${name}_FILE\`` : ""
  return `| \`${name}\`${also} | ${formOf(name, first)} | ${shown} | ${first.meaning.replaceAll("|", "\\|")} |`
}

const usersOf = (name: string) => Object.keys(services).filter((user) => name in (services[user] ?? {}))
const names = [...new Set(Object.values(services).flatMap((settings) => Object.keys(settings)))]
const table = (title: string, belongs: (name: string) => boolean, usersOfRow = usersOf) =>
  `## ${title}\n\n| name | form | default | meaning |\n|---|---|---|---|\n${names
    .filter(belongs)
    .map((name) => rowOf(name, usersOfRow(name)))
    .join("\n")}\n`

const isRedis = (name: string) => name.startsWith("REDIS_")
/** Whether it says the same to both services. */
const isShared = (name: string) => services["auth"]?.[name]?.meaning === services["mcp"]?.[name]?.meaning
const isOwnOf = (service: string) => (name: string) =>
  !isRedis(name) && !isShared(name) && usersOf(name).includes(service)

const reference = `# Configuration

Everything is set by environment variables; in development \`.env\` is read too. This page is written from the tables that the services
read (\`services/*/src/config.ts\`), and a test holds it to them.

A service that cannot make sense of its environment says every problem, one a line, and does not start: a name that is almost one of
these, a number out of range, a URL that is none. A variable that holds a secret can be given as a file instead, by the same name with
\`_FILE\` behind it. An empty variable is an absent one.

The all-in-one service (\`npm start\`) takes the settings of both. Where traces go is said by the standard \`OTEL_*\` variables:
[observability.md](observability.md#traces).

${table("Every service", (name) => !isRedis(name) && isShared(name))}
${table("Redis", isRedis)}
One of \`REDIS_URL\`, \`REDIS_SENTINELS\` and \`REDIS_CLUSTER_NODES\`; with none of them everything is kept in memory.

${table("auth", isOwnOf("auth"), () => ["auth"])}
${table("mcp", isOwnOf("mcp"), () => ["mcp"])}`

describe("configuration", () => {
  it("is documented as the services read it", async () => {
    await expect(reference).toMatchFileSnapshot(document)
  })

  it("knows every setting by its name, so that a misspelt one is found", () => {
    expect(names.filter((name) => !SETTING_NAMES.includes(name))).toEqual([])
  })

  it("gives each setting a meaning of one line", () => {
    for (const settings of Object.values(services))
      for (const { meaning } of Object.values(settings)) expect(meaning).toMatch(/^\S[^\n]+$/)
  })
})
