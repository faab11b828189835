/** The verifier of this process: asks the authorization server over HTTP, and hears of revocations when there is a Redis. */
import { ConfigurationError, type RedisConnection, type ServiceKit } from "@gatehouse/service-kit"
import {
  createTokenVerifier,
  type RevocationFeed,
  type TokenVerifier,
  WrongConfiguration,
} from "@gatehouse/token-verifier"
import { introspectionCredentials, type McpConfig, type McpSettings } from "./config.ts"
import { openRevocations } from "./revocations.ts"

export interface TokenValidation {
  tokens: TokenVerifier
  revocations?: RevocationFeed
  /**
   * Resolves when tokens can be judged for the first time, or when the process ends.
   * @throws ConfigurationError when only an operator can mend what is wrong
   */
  started: () => Promise<void>
}

/** @throws ConfigurationError */
export function openTokenValidation(
  { config, settings, redis }: { config: McpConfig; settings: McpSettings; redis: RedisConnection | undefined },
  kit: ServiceKit,
): TokenValidation {
  const credentials = introspectionCredentials(settings)
  const { AUTH_SERVER_INTERNAL_URL: internalUrl, INTROSPECTION_URL: endpoint } = settings
  const revocations = redis && openRevocations(redis, config, kit)
  const tokens = createTokenVerifier({
    audience: config.resource,
    issuer: config.issuer,
    authority: {
      credentials,
      ...(internalUrl !== undefined && { internalUrl }),
      ...(endpoint !== undefined && { endpoint }),
    },
    ...(revocations && { revocations }),
    log: kit.log,
    now: kit.now,
  })
  let [decides, closing] = [false, false]
  const started = async () => {
    try {
      await tokens.start()
      decides = true
    } catch (error) {
      if (error instanceof WrongConfiguration) throw new ConfigurationError([error.message])
      if (!closing) throw error
    }
  }
  const health = () => {
    if (!decides) throw new Error("the authorization server has not been reached yet")
    return tokens.health()
  }
  kit.reportHealth("token validation", health, { neededOnce: true })
  kit.onClose(() => {
    closing = true
    return tokens.close()
  })
  return { tokens, started, ...(revocations && { revocations }) }
}
