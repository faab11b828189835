/** The MCP server's operations, sessions and streams as numbers. */
import type { Metrics } from "@gatehouse/service-kit"
import { type EndedOperation, ERROR_TYPES, METHODS, TOOLS } from "../operations.ts"

const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** `other` for whatever a client makes up. */
const labels = {
  mcp_method_name: [...METHODS, "other"],
  tool: [...TOOLS, "other", "none"],
  error_type: ERROR_TYPES as readonly string[],
}

/** What is open now. */
export interface OpenThings {
  sessions: () => number
  streams: () => number
}

export function declareOperationMetrics(metrics: Metrics) {
  const durations = metrics.histogram({
    name: "mcp_server_operation_duration_seconds",
    help: "From a client's message to its answer, by method, tool called, and how it ended: none, the code of a JSON-RPC error, or what came before one.",
    labels,
    buckets: BUCKETS_SECONDS,
    zero: labels.mcp_method_name.flatMap(combinationsOf),
  })
  let open: OpenThings | undefined
  const gauge = (name: string, help: string, read: (things: OpenThings) => number) =>
    metrics.gauge({ name, help, labels: {} }, () => (open ? [[{}, read(open)] as const] : []))
  gauge("mcp_active_sessions", "MCP sessions of the 2025 revisions that are open.", ({ sessions }) => sessions())
  gauge("mcp_open_streams", "Answers under way, and event streams that stay open.", ({ streams }) => streams())
  return {
    /** For the MCP endpoint. */
    operationEnded: ({ method, tool = "none", errorType, seconds }: EndedOperation) =>
      durations.observe({ mcp_method_name: method, tool, error_type: errorType }, seconds),
    /** Shows what is open, whenever somebody looks. */
    watchOpen: (things: OpenThings) => {
      open = things
    },
  }
}

/** Successes, and failures that are ours; others are there from their first time on. */
function combinationsOf(mcp_method_name: string) {
  const endings = ["none", "-32603"]
  if (mcp_method_name !== "tools/call")
    return endings.map((error_type) => ({ mcp_method_name, tool: "none", error_type }))
  return labels.tool
    .filter((tool) => tool !== "none")
    .flatMap((tool) => [...endings, "tool_error"].map((error_type) => ({ mcp_method_name, tool, error_type })))
}
