/** The process of the MCP service, with the authorization server in another one. */
import { closeRedis, connectRedis, redisConfigured, runProcess, startServiceKit } from "@gatehouse/service-kit"
import { buildMcpApp } from "./app.ts"
import { authorizationServers, mcpConfigFrom, readMcpSettings } from "./config.ts"
import { openTokenValidation } from "./token-validation.ts"

await runProcess("gatehouse-mcp", async () => {
  const settings = readMcpSettings(process.env)
  const config = mcpConfigFrom(settings)
  authorizationServers(settings) // before anything is opened
  const kit = await startServiceKit("gatehouse-mcp", {
    logLevel: settings.LOG_LEVEL,
    managementHost: settings.MANAGEMENT_HOST,
    managementPort: settings.MANAGEMENT_PORT,
    shutdownDelaySeconds: settings.SHUTDOWN_DELAY_SECONDS,
  })
  const redis = redisConfigured(settings) ? connectRedis(settings, kit.log) : undefined
  if (redis) kit.onClose(() => closeRedis(redis))
  const { tokens, revocations, started } = openTokenValidation({ config, settings, redis }, kit)
  const app = buildMcpApp({
    config,
    log: kit.log,
    now: kit.now,
    tokens,
    ...(revocations && { revocations }),
    authorizationServers: tokens.servers,
    ...(redis && { redis }),
  })
  kit.log.info({ resource: config.resource }, "MCP sessions are kept in memory: run one replica")
  await Promise.all([kit.serve(app, { host: settings.HOST, port: settings.PORT }), started()])
})
