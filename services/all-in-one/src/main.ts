/** The process of both services: the default on a laptop. */
import { type AuthService, createAuthService } from "@gatehouse/auth"
import { type McpConfig, openRevocations } from "@gatehouse/mcp"
import { runProcess, type ServiceKit, startServiceKit } from "@gatehouse/service-kit"
import { createTokenVerifier, mergeRevocations } from "@gatehouse/token-verifier"
import { allInOneConfigFrom, readAllInOneSettings } from "./config.ts"
import { readDotEnv } from "./dot-env.ts"
import { buildAllInOneApp } from "./index.ts"
import { welcome } from "./welcome.ts"

await runProcess("gatehouse", async () => {
  readDotEnv()
  const settings = readAllInOneSettings(process.env)
  const config = allInOneConfigFrom(settings)
  const kit = await startServiceKit("gatehouse", {
    logLevel: settings.LOG_LEVEL,
    managementHost: settings.MANAGEMENT_HOST,
    managementPort: settings.MANAGEMENT_PORT,
    shutdownDelaySeconds: settings.SHUTDOWN_DELAY_SECONDS,
  })
  const auth = await createAuthService(config.auth, kit)
  const { tokens, revocations } = openTokenValidation(auth, config.mcp, kit)
  const app = buildAllInOneApp(auth.deps, {
    config: config.mcp,
    log: kit.log,
    now: kit.now,
    tokens,
    revocations,
    authorizationServers: tokens.servers,
    ...(auth.redis && { redis: auth.redis }),
  })
  await kit.serve(app, { host: settings.HOST, port: settings.PORT })
  for (const { issuer, strategy } of tokens.servers())
    kit.log.info({ issuer, strategy: strategy.name, why: strategy.why }, "how tokens are validated")
  console.log(welcome({ config: config.mcp, onRedis: auth.redis !== undefined, managementUrl: kit.managementUrl }))
})

/** The authorization server is asked in process; on Redis another process, the operator's command too, may revoke as well. */
function openTokenValidation(auth: AuthService, config: McpConfig, kit: ServiceKit) {
  const followed = auth.redis ? [openRevocations(auth.redis, config, kit)] : []
  const revocations = mergeRevocations(auth.revocations, ...followed)
  const tokens = createTokenVerifier({
    audience: config.resource,
    servers: [{ issuer: auth.deps.config.issuer, introspect: auth.introspectFor(config.resource) }],
    revocations,
    log: kit.log,
    now: kit.now,
  })
  kit.reportHealth("token validation", tokens.health)
  kit.onClose(tokens.close)
  return { tokens, revocations }
}
