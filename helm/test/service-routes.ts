/** The routes that a service really has, for the paths that a chart may publish. */
import { authConfigFrom, buildAuthApp, createAuthService, readAuthSettings } from "@gatehouse/auth"
import { buildMcpApp, mcpConfigFrom, readMcpSettings } from "@gatehouse/mcp"
import { createLogger, createMetrics, type ServiceKit } from "@gatehouse/service-kit"
import type { FastifyInstance } from "fastify"
import type { Chart } from "./charts.ts"

/** Never published, by any path: they are for us. The management port has them, and /introspect is for resource servers. */
export const PRIVATE_PATHS = ["/introspect", "/metrics", "/health", "/livez", "/readyz"]

const log = createLogger({ name: "routes", level: "silent" })

/** As much of a process as a service asks for while it is put together, in memory. */
const createKit = () =>
  ({
    log,
    metrics: createMetrics({ name: ["auth"], version: "0" }),
    now: () => 0,
    reportHealth: () => {},
    onClose: () => {},
    onDrain: () => {},
  }) as unknown as ServiceKit

const apps: Record<Chart, (env: NodeJS.ProcessEnv) => Promise<() => FastifyInstance>> = {
  auth: async (env) => {
    const config = { ...authConfigFrom(readAuthSettings(env)), redis: undefined }
    const { deps } = await createAuthService(config, createKit())
    return () => buildAuthApp(deps)
  },
  mcp: async (env) => () =>
    buildMcpApp({
      config: mcpConfigFrom(readMcpSettings(env)),
      log,
      now: () => 0,
      tokens: { verify: () => Promise.reject(new Error("nobody asks")) },
      authorizationServers: () => [],
      everySecond: () => () => {},
    }),
}

/** Paths of the service with this environment. */
export async function routesOf(chart: Chart, env: NodeJS.ProcessEnv): Promise<string[]> {
  const build = await apps[chart](env)
  const paths = new Set<string>()
  const app = build() // nothing may be awaited before the hook is there
  app.addHook("onRoute", ({ url }) => void paths.add(url))
  await app.ready()
  await app.close()
  return [...paths]
}
