/** What the environment tells a script; README.md has the table. Nothing else reads it. */

const given = (name: string): string | undefined => __ENV[name] || undefined

/** @throws Error that names the variable, when its value is no number above zero */
function positive(name: string, fallback: number): number {
  const text = given(name)
  const value = Number(text ?? fallback)
  if (!(value > 0)) throw new Error(`${name} is a number above 0, not "${text}"`)
  return value
}

/** As a URL is put before a path. */
const withoutSlash = (url: string): string => url.replace(/\/+$/, "")
const addresses = (text: string): string[] => text.split(",").map((url) => withoutSlash(url.trim()))

export const isShort = given("LOADTEST") === "short"

/** The MCP service; of several replicas the first one is asked where one is enough. */
export const BASE_URLS = addresses(given("BASE_URL") ?? "http://localhost:3232")
export const BASE_URL = BASE_URLS[0] as string
/** Where this program reaches the authorization server; absent: where the MCP service says it is. */
export const AUTH_URL = given("AUTH_URL") && withoutSlash(given("AUTH_URL") as string)
/** What tokens are for: the name by which clients know the MCP service. */
export const RESOURCE = given("RESOURCE") ?? `${BASE_URL}/mcp`
/** A second resource that the same authorization server issues tokens for: those are no good here. */
export const OTHER_RESOURCE = given("OTHER_RESOURCE")
/** An access token that was good once: nobody can make one in the time of a test. */
export const EXPIRED_TOKEN = given("EXPIRED_TOKEN")
/** A client that may use client_credentials; without one people are made up and authorize a client that registers itself. */
export const CLIENT_ID = given("CLIENT_ID")
export const CLIENT_SECRET = given("CLIENT_SECRET")
/** `/metrics` of every MCP replica, between commas: what only the service itself knows is then checked too. */
export const METRICS_URLS = addresses(given("METRICS_URL") ?? "").filter((url) => url !== "")
/** That a replica may hold in memory: in a container its limit is nearer, and it ends there. */
export const MOST_MEGABYTES = positive("MOST_MEGABYTES", 512)
/** As the MCP service has it: an answer about a token is used this long. */
export const TOKEN_CACHE_SECONDS = positive("TOKEN_CACHE_SECONDS", 60)
/** The longest after `/revoke` has answered that a token may still be accepted: more where Redis is not shared. */
export const REVOKED_WITHIN_MS = positive("REVOKED_WITHIN_MS", 100)
/** Every limit of time is multiplied by it: for a machine slower, or a network longer, than they are made for. */
export const LIMIT_FACTOR = positive("LIMIT_FACTOR", 1)
/** After a fault: connections are made again, and a circuit that was open for long tries every half minute. */
export const RECOVERY_SECONDS = positive("RECOVERY_SECONDS", 35)
export const RESULTS_DIRECTORY = given("RESULTS_DIRECTORY") ?? "loadtest-results"
/** What goes wrong during `outage.ts`, and when: timeline.ts reads it. */
export const OUTAGE = given("OUTAGE")

/** @param usual what a script takes when nobody says; the second one in the short run */
export const ratePerSecond = (...usual: [number, number]): number => positive("RATE_PER_SECOND", usual[isShort ? 1 : 0])
export const durationSeconds = (...usual: [number, number]): number =>
  positive("DURATION_SECONDS", usual[isShort ? 1 : 0])
/** How many at once, where a script is about that. */
export const concurrency = (...usual: [number, number]): number =>
  Math.ceil(positive("CONCURRENCY", usual[isShort ? 1 : 0]))
