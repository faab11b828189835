/** Every environment variable of the product, and how a name that is almost one of them is told from a stranger's. */

const everyService =
  "HOST PORT MANAGEMENT_HOST MANAGEMENT_PORT BASE_URI LOG_LEVEL DEBUG NODE_ENV TRUSTED_PROXIES ALLOWED_ORIGINS ALLOWED_HOSTS RATE_LIMIT SHUTDOWN_DELAY_SECONDS"
const redis =
  "REDIS_URL REDIS_KEY_PREFIX REDIS_SENTINELS REDIS_SENTINEL_MASTER REDIS_SENTINEL_PASSWORD REDIS_CLUSTER_NODES REDIS_TLS REDIS_TLS_CA_FILE REDIS_USERNAME REDIS_PASSWORD"
const auth =
  "CLIENTS_FILE RESOURCES ACCESS_TOKEN_TTL_SECONDS REFRESH_TOKEN_TTL_SECONDS IDENTITY ALLOW_DEMO_IDENTITY UPSTREAM_ISSUER UPSTREAM_CLIENT_ID UPSTREAM_CLIENT_SECRET SIGNING_KEYS_FILE"
const mcp =
  "AUTH_MODE AUTH_SERVER_URL AUTH_SERVER_INTERNAL_URL RESOURCE_URL INTROSPECTION_CLIENT_ID INTROSPECTION_CLIENT_SECRET INTROSPECTION_URL INTROSPECTION_AUTH_METHOD INTROSPECTION_PRIVATE_KEY JWKS_URL AUTH_PROVIDER TOKEN_VALIDATION TOKEN_CACHE_SECONDS STALE_IF_ERROR_SECONDS ALLOWED_CLIENT_IDS ALLOWED_AUDIENCES ALLOWED_TENANTS SCOPE_PREFIX AUTH_SERVERS_FILE ALLOW_HTTP_ISSUER TOOL_SCOPES REQUEST_STATE_KEY"
const secrets =
  "REDIS_URL REDIS_PASSWORD REDIS_SENTINEL_PASSWORD UPSTREAM_CLIENT_SECRET INTROSPECTION_CLIENT_SECRET INTROSPECTION_PRIVATE_KEY REQUEST_STATE_KEY"

const words = (names: string): string[] => names.split(" ")

/** The closed list. Each name that holds a secret has a second one, `…_FILE`. */
export const SETTING_NAMES: readonly string[] = [
  ...words(`${everyService} ${redis} ${auth} ${mcp}`),
  ...words(secrets).map((name) => `${name}_FILE`),
]

const serviceLink = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/

/** Kubernetes writes these for every Service of the namespace, one named "redis" included. */
export const isServiceLink = (name: string, value: string): boolean =>
  serviceLink.test(name) || (name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value))

/** First words that nobody else's variables begin with, so that such a name was meant for us. */
const ourFamilies =
  /^(REDIS|INTROSPECTION|UPSTREAM|MANAGEMENT|AUTH_(MODE|SERVERS?)|CLIENTS|SIGNING|TRUSTED|ALLOWED|ALLOW|RESOURCES?|RATE|SHUTDOWN|ACCESS_TOKEN|REFRESH_TOKEN|TOKEN_VALIDATION)(_|$)/

/** The name that was probably meant, or "" when only the beginning is ours; undefined for a stranger's name. */
export function nearestSetting(name: string): string | undefined {
  const [nearest] = SETTING_NAMES.map((known) => ({ known, distance: editDistance(name, known) })).sort(
    (a, b) => a.distance - b.distance,
  )
  if (nearest === undefined) return undefined
  const { known, distance } = nearest
  const sharesFirstWord = name.includes("_") && known.startsWith(`${name.split("_", 1)[0]}_`)
  const slip = distance <= (name.length < 10 ? 0 : 1)
  if (slip || ((sharesFirstWord || ourFamilies.test(name)) && distance <= Math.floor(name.length / 4))) return known
  return ourFamilies.test(name) ? "" : undefined
}

/** Levenshtein's: how many letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
