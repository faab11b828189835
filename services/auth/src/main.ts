/** The process of the authorization server. */
import { runProcess, startServiceKit } from "@gatehouse/service-kit"
import { buildAuthApp } from "./app.ts"
import { createAuthService } from "./auth-service.ts"
import { authConfigFrom, readAuthSettings } from "./config.ts"

await runProcess("gatehouse-auth", async () => {
  const settings = readAuthSettings(process.env)
  const config = authConfigFrom(settings)
  const kit = await startServiceKit("gatehouse-auth", {
    env: process.env,
    logLevel: settings.LOG_LEVEL,
    managementHost: settings.MANAGEMENT_HOST,
    managementPort: settings.MANAGEMENT_PORT,
    shutdownDelaySeconds: settings.SHUTDOWN_DELAY_SECONDS,
  })
  const { deps } = await createAuthService(config, kit)
  const app = buildAuthApp(deps, { log: kit.log, trustedProxies: settings.TRUSTED_PROXIES })
  await kit.serve(app, { host: settings.HOST, port: settings.PORT })
  kit.log.info({ issuer: config.issuer, resources: config.resources.join(" ") }, "the authorization server is ready")
})
