/** The process of the MCP service, with the authorization server in another one. */
import { runProcess, startServiceKit } from "@gatehouse/service-kit"
import { buildMcpApp } from "./app.ts"
import { authorizationServers, mcpConfigFrom, readMcpSettings } from "./config.ts"
import { createMcpService } from "./mcp-service.ts"

await runProcess("gatehouse-mcp", async () => {
  const settings = readMcpSettings(process.env)
  const config = mcpConfigFrom(settings)
  const servers = authorizationServers(settings) // before anything is opened
  const kit = await startServiceKit("gatehouse-mcp", {
    env: process.env,
    logLevel: settings.LOG_LEVEL,
    managementHost: settings.MANAGEMENT_HOST,
    managementPort: settings.MANAGEMENT_PORT,
    shutdownDelaySeconds: settings.SHUTDOWN_DELAY_SECONDS,
  })
  const { deps, started } = createMcpService({ config, settings, servers }, kit)
  kit.log.info(
    { resource: config.resource },
    "MCP sessions of the 2025 revisions are kept in memory: with several replicas a client has to stay with one",
  )
  await Promise.all([kit.serve(buildMcpApp(deps), { host: settings.HOST, port: settings.PORT }), started()])
})
