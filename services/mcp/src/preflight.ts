#!/usr/bin/env node
/** What a chart runs before it installs or upgrades the MCP service: the service's own settings and verifier, tried once, and one sentence about what does not fit. */
import { type CheckList, checkRedis, createCheckList, NotChecked, print, runProgram } from "@gatehouse/release"
import { integer, oneOf, readSettings, type Settings } from "@gatehouse/service-kit"
import { authorizationServers, type McpSettings, mcpConfigFrom, readMcpSettings } from "./config.ts"
import { checkAuthorizationServer } from "./preflight/authorization-server-check.ts"
import { withChartValues } from "./preflight/chart-values.ts"
import { parseSecretReferences, requireSecrets } from "./preflight/missing-secrets.ts"

const settings = {
  PREFLIGHT_TIMEOUT_SECONDS: {
    parse: integer({ min: 1, max: 3600 }),
    default: 120,
    meaning: "how long what may still be starting is waited for",
  },
  PREFLIGHT_REDIS: {
    parse: oneOf("now", "later"),
    default: "now",
    meaning: "later: the Redis of the settings is installed together with the service",
  },
  PREFLIGHT_SECRETS: {
    parse: parseSecretReferences,
    default: [],
    meaning: "which key of which Secret a variable is taken from: NAME=secret/key, between commas",
  },
} satisfies Settings

/** A rollout of the authorization server may be under way, and its last old replica still answer. */
const SETTLE_MS = 15_000
const REDIS_MIN_MS = 5_000

await runProgram(async () => {
  const own = readSettings(settings, process.env)
  const { PREFLIGHT_TIMEOUT_SECONDS: seconds, PREFLIGHT_REDIS: when } = own
  requireSecrets(own.PREFLIGHT_SECRETS, process.env)
  const values = readMcpSettings(process.env)
  const deadline = Date.now() + seconds * 1000
  const left = () => Math.max(deadline - Date.now(), 0)
  const list = createCheckList((line) => print(withChartValues(line)))
  await checkServers(values, { list, left, timeoutMs: seconds * 1000 })
  if (list.failures() > 0) return 1 // one sentence: what follows may only follow from it
  await list.check("Redis answers", () => {
    if (when === "later") throw new NotChecked("it is installed together with the service")
    return checkRedis(values, Math.max(left(), REDIS_MIN_MS))
  })
  return list.failures() > 0 ? 1 : 0
}, withChartValues)

interface Course {
  list: CheckList
  left: () => number
  timeoutMs: number
}

async function checkServers(values: McpSettings, { list, left, timeoutMs }: Course): Promise<void> {
  const { resource } = mcpConfigFrom(values)
  for (const server of authorizationServers(values)) {
    const found = await list.check(`the authorization server ${server.issuer} and this release agree`, () =>
      checkAuthorizationServer(server, { resource, timeoutMs: left(), settleMs: Math.min(SETTLE_MS, timeoutMs) }),
    )
    if (found === undefined) return
    await list.check(`its introspection endpoint knows us`, () => {
      if (!found.introspected) throw new NotChecked(`tokens are validated by ${found.strategy}: ${found.why}`)
    })
  }
}
