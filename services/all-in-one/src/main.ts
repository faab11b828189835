/** The process of both services: the default on a laptop. */
import { createAuthService } from "@gatehouse/auth"
import { runProcess, startServiceKit } from "@gatehouse/service-kit"
import { allInOneConfigFrom, readAllInOneSettings } from "./config.ts"
import { readDotEnv } from "./dot-env.ts"
import { buildAllInOneApp } from "./index.ts"
import { openTokenValidation } from "./token-validation.ts"
import { welcome } from "./welcome.ts"

await runProcess("gatehouse", async () => {
  readDotEnv()
  const settings = readAllInOneSettings(process.env)
  const config = allInOneConfigFrom(settings)
  const kit = await startServiceKit("gatehouse", {
    env: process.env,
    logLevel: settings.LOG_LEVEL,
    managementHost: settings.MANAGEMENT_HOST,
    managementPort: settings.MANAGEMENT_PORT,
    shutdownDelaySeconds: settings.SHUTDOWN_DELAY_SECONDS,
    metricPrefixes: ["auth", "mcp"],
  })
  const auth = await createAuthService(config.auth, kit)
  const { tokens, revocations, metrics } = openTokenValidation(auth, config.mcp, kit)
  const app = buildAllInOneApp(auth.deps, {
    config: config.mcp,
    log: kit.log,
    now: kit.now,
    onDrain: kit.onDrain,
    tokens,
    metrics,
    revocations,
    authorizationServers: tokens.servers,
    ...(auth.redis && { redis: auth.redis }),
  })
  await kit.serve(app, { host: settings.HOST, port: settings.PORT })
  for (const { issuer, strategy } of tokens.servers())
    kit.log.info({ issuer, strategy: strategy.name, why: strategy.why }, "how tokens are validated")
  console.log(welcome({ config: config.mcp, onRedis: auth.redis !== undefined, managementUrl: kit.managementUrl }))
})
