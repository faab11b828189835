/** The settings that every service has. A service spreads them into its table and gives PORT and MANAGEMENT_PORT its own default. */
import { cidrs, integer, list, oneOf, port, rateLimit, text } from "./parsers.ts"
import type { Settings } from "./settings.ts"

export const commonSettings = {
  HOST: { parse: text, default: "127.0.0.1", meaning: "address to listen on; 0.0.0.0 in a container" },
  PORT: { parse: port, default: 3232, meaning: "port to listen on" },
  MANAGEMENT_HOST: { parse: text, default: "127.0.0.1", meaning: "address of the management port" },
  MANAGEMENT_PORT: {
    parse: port,
    default: 9464,
    meaning: "port of /livez, /readyz, /health and /metrics; not for publishing",
  },
  LOG_LEVEL: {
    parse: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    default: "info",
    meaning: "least level that is logged; DEBUG=* means debug",
  },
  NODE_ENV: { parse: text, default: "development", meaning: "production refuses what is only for development" },
  TRUSTED_PROXIES: { parse: cidrs, default: [], meaning: "address ranges whose X-Forwarded-For is believed" },
  ALLOWED_ORIGINS: { parse: list, default: [], meaning: "web origins that may call, beyond that of BASE_URI" },
  ALLOWED_HOSTS: { parse: list, default: [], meaning: "Host values that are served, beyond that of BASE_URI" },
  RATE_LIMIT: {
    parse: rateLimit,
    meaning: "requests a minute a peer may make, or off; each service has its own default",
  },
  SHUTDOWN_DELAY_SECONDS: {
    parse: integer({ min: 0, max: 300 }),
    default: 0,
    meaning: "how long to keep serving after SIGTERM, until load balancers have noticed",
  },
} satisfies Settings
