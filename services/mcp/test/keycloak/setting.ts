/** What the suite starts from: one Keycloak, and for each way of validating a realm with an MCP service in front of it. */
import { afterAll, beforeAll } from "vitest"
import { type AdminClient, adminClient } from "./admin-client.ts"
import { type CountingProxy, startCountingProxy } from "./counting-proxy.ts"
import { type Keycloak, startKeycloak } from "./keycloak-process.ts"
import { createMcpRealm, introspection, type McpRealm } from "./mcp-realm.ts"
import { type McpService, startMcpService } from "./mcp-service.ts"

export const RESOURCE = "https://mcp.example.com/mcp"
export const modes = ["introspection", "hybrid"] as const
export type Mode = (typeof modes)[number]

interface Setting {
  realm: McpRealm
  service: McpService
  /** What the service asks Keycloak goes through it; in `hybrid` only. */
  proxy: CountingProxy
}

export const credentials = {
  INTROSPECTION_CLIENT_ID: introspection.clientId,
  INTROSPECTION_CLIENT_SECRET: introspection.clientSecret,
}

/** How Keycloak is named where its issuer does not tell. */
export const environmentOf = (mode: Mode) => ({ ...credentials, AUTH_PROVIDER: "keycloak", TOKEN_VALIDATION: mode })

/** Starts all of it before the tests of a file, and ends it after them, whatever they did. */
export function startAll() {
  const running: { end(): Promise<unknown> }[] = []
  const settings = new Map<Mode, Setting>()
  let keycloak: Keycloak | undefined
  let admin: AdminClient | undefined

  const startService = async (realm: McpRealm, env: Record<string, string>) => {
    const service = await startMcpService(realm, env)
    running.push(service)
    return service
  }
  const startSetting = async (mode: Mode): Promise<Setting> => {
    const { origin } = given(keycloak)
    const realm = await createMcpRealm(given(admin), { origin, name: mode, resource: RESOURCE })
    const proxy = await startCountingProxy(origin)
    running.push({ end: proxy.close })
    const inside = mode === "hybrid" ? { AUTH_SERVER_INTERNAL_URL: `${proxy.origin}/realms/${realm.name}` } : {}
    return { realm, proxy, service: await startService(realm, { ...environmentOf(mode), ...inside }) }
  }
  beforeAll(async () => {
    keycloak = await startKeycloak()
    admin = adminClient(keycloak.origin, keycloak.admin)
    for (const mode of modes) settings.set(mode, await startSetting(mode))
  })
  afterAll(async () => {
    await Promise.all(running.map((each) => each.end()))
    await keycloak?.remove()
  })
  return {
    keycloak: () => given(keycloak),
    admin: () => given(admin),
    of: (mode: Mode) => given(settings.get(mode)),
    /** One more, with an environment of its own. */
    startService,
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("nothing has been started yet")
  return value
}
