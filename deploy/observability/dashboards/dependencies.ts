/** What both services stand on: Redis, the authorization server as the MCP server sees it, and their own processes. */
import { graph, of, quantile, rateOf } from "./panels.ts"

const ours = (metric: string) =>
  `${of(metric)} and on (namespace, job, instance) (${of("mcp_build_info")} or ${of("auth_build_info")})`

export const dependencies = () => ({
  Redis: redis(),
  "The authorization server, seen from the MCP server": authorizationServer(),
  Processes: processes(),
})

const redis = () => [
  graph({
    title: "Duration of commands, p95",
    description: "Waiting for a connection included.",
    unit: "s",
    lines: {
      "auth {{command}}": quantile(0.95, "auth_redis_command_duration_seconds", { by: "command" }),
      "mcp {{command}}": quantile(0.95, "mcp_redis_command_duration_seconds", { by: "command" }),
    },
  }),
  graph({
    title: "Failed commands",
    description:
      "By kind: memory_full, read_only, auth and loading are answers of Redis, the others are the way to it.",
    unit: "ops",
    lines: {
      "auth {{kind}}": `sum by (kind) (${rateOf("auth_redis_errors_total")})`,
      "mcp {{kind}}": `sum by (kind) (${rateOf("mcp_redis_errors_total")})`,
    },
  }),
  graph({
    title: "Replicas that have Redis",
    description: "Of each service.",
    unit: "short",
    lines: { auth: `sum(${of("auth_redis_up")})`, mcp: `sum(${of("mcp_redis_up")})` },
  }),
  graph({
    title: "Commands",
    description: "A second.",
    unit: "ops",
    lines: {
      auth: `sum(${rateOf("auth_redis_command_duration_seconds_count")})`,
      mcp: `sum(${rateOf("mcp_redis_command_duration_seconds_count")})`,
    },
  }),
]

const authorizationServer = () => [
  graph({
    title: "Replicas that get answers",
    description: "By authorization server.",
    unit: "short",
    lines: { "{{server}}": `sum by (server) (${of("mcp_auth_server_up")})` },
  }),
  graph({
    title: "Readings of the signing keys",
    description: "Every five minutes, and when a token names an unknown key.",
    unit: "short",
    lines: { "{{outcome}}": `sum by (outcome) (increase(${of("mcp_jwks_refresh_total")}[5m]))` },
  }),
]

const processes = () => [
  graph({
    title: "Event loop lag, p99",
    description: "How late everything else is.",
    unit: "s",
    lines: { "{{instance}}": ours("nodejs_eventloop_lag_p99_seconds") },
  }),
  graph({
    title: "Processor",
    description: "Cores in use.",
    unit: "short",
    lines: {
      "{{instance}}": `${rateOf("process_cpu_seconds_total")} and on (namespace, job, instance) (${of("mcp_build_info")} or ${of("auth_build_info")})`,
    },
  }),
  graph({
    title: "Memory",
    description: "Resident, and the heap.",
    unit: "bytes",
    lines: {
      "resident {{instance}}": ours("process_resident_memory_bytes"),
      "heap {{instance}}": ours("nodejs_heap_size_used_bytes"),
    },
  }),
  graph({
    title: "Versions and sessions",
    description: "More than one version only during a rollout.",
    unit: "short",
    lines: {
      "auth {{version}}": `count by (version) (${of("auth_build_info")})`,
      "mcp {{version}}": `count by (version) (${of("mcp_build_info")})`,
      "MCP sessions": `sum(${of("mcp_active_sessions")})`,
    },
  }),
]
