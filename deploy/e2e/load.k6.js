/** The load, as k6 runs it in the cluster: tool calls with known tokens, new tokens, and calls with tokens never seen before. */
import { check } from "k6"
import encoding from "k6/encoding"
import exec from "k6/execution"
import http from "k6/http"
import { Counter } from "k6/metrics"

const { MCP_URL, AUTH_URL, RESOURCE, CLIENT_ID, CLIENT_SECRET } = __ENV
const rate = (name) => Number(__ENV[name])
const KINDS = ["known", "fresh", "token"]
const STATUSES = [0, 200, 400, 401, 403, 429, 500, 502, 503, 504]

/** An answer that is not 200 is a failure, and so is none at all. */
const counters = Object.fromEntries(
  KINDS.flatMap((kind) => [...STATUSES, "other"].map((status) => `${kind}_${status}`)).map((name) => [
    name,
    new Counter(name),
  ]),
)
const withoutRetryAfter = new Counter("without_retry_after")

const scenario = (kind) => ({
  executor: "constant-arrival-rate",
  exec: kind,
  rate: rate(`${kind.toUpperCase()}_PER_SECOND`),
  timeUnit: "1s",
  duration: "15m",
  preAllocatedVUs: 10,
  maxVUs: 60,
})
export const options = {
  scenarios: Object.fromEntries(
    KINDS.filter((kind) => rate(`${kind.toUpperCase()}_PER_SECOND`) > 0).map((kind) => [kind, scenario(kind)]),
  ),
  setupTimeout: "60s",
  discardResponseBodies: false,
}

function count(kind, answer) {
  const name = `${kind}_${answer.status}`
  const counter = counters[name] === undefined ? counters[`${kind}_other`] : counters[name]
  counter.add(1)
  if (answer.status === 503 && answer.headers["Retry-After"] === undefined) withoutRetryAfter.add(1)
  if (!check(answer, { "is 200": ({ status }) => status === 200 }))
    console.log(
      `PROBLEM ${new Date().toISOString()} ${kind} ${answer.status} ${answer.error} ${String(answer.body).slice(0, 200)}`,
    )
}

function requestToken() {
  const form = { grant_type: "client_credentials", resource: RESOURCE }
  const authorization = `Basic ${encoding.b64encode(`${CLIENT_ID}:${CLIENT_SECRET}`)}`
  return http.post(`${AUTH_URL}/token`, form, { headers: { authorization }, timeout: "10s", tags: { name: "token" } })
}

function callTool(accessToken) {
  const params = {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "k6", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
    name: "whoami",
    arguments: {},
  }
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params })
  const headers = {
    authorization: `Bearer ${accessToken}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "whoami",
  }
  return http.post(MCP_URL, body, { headers, timeout: "10s", tags: { name: "tools/call" } })
}

export function setup() {
  const pool = []
  for (let i = 0; i < 20; i++) {
    const answer = requestToken()
    if (answer.status !== 200) exec.test.abort(`/token answered ${answer.status} ${answer.error} ${answer.body}`)
    pool.push(answer.json("access_token"))
  }
  for (const token of pool) {
    const answer = callTool(token)
    if (answer.status !== 200) exec.test.abort(`/mcp answered ${answer.status} ${answer.error} ${answer.body}`)
  }
  console.log("BEGINS")
  return pool
}

export function known(pool) {
  count("known", callTool(pool[Math.floor(Math.random() * pool.length)]))
}

export function token() {
  count("token", requestToken())
}

export function fresh() {
  const answer = requestToken()
  if (answer.status !== 200) count("token", answer)
  else count("fresh", callTool(answer.json("access_token")))
}

export function handleSummary({ metrics }) {
  const counts = Object.fromEntries(
    Object.entries(metrics)
      .filter(
        ([name]) => counters[name] !== undefined || name === "without_retry_after" || name === "dropped_iterations",
      )
      .map(([name, { values }]) => [name, values.count]),
  )
  const p95Ms = metrics.http_req_duration === undefined ? 0 : metrics.http_req_duration.values["p(95)"]
  return { stdout: `RESULT ${JSON.stringify({ counts, p95Ms })}\n` }
}
