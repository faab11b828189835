/** What the benchmark compares: each of our servers with the least that a server could do, or with what others do. */
import type { Contestant } from "./contest.ts"
import { startReplicas } from "./replicas.ts"
import { startServer } from "./server-process.ts"

export interface Comparison {
  /** For `--only`. */
  name: string
  what: string
  against: string
  /** The least ratio that we want: of 1, ours costs no more. */
  reach: number
  /** Of the requests of a round: who is slower gets fewer. */
  share: number
  /** So many times the rounds of the others: where several processes share a core, a few rounds say nothing. */
  longer?: number
  ours: () => Promise<Contestant>
  theirs: () => Promise<Contestant>
}

const server = (script: string, env: Record<string, string> = {}) => {
  const name = [
    script,
    ...Object.entries(env).map(([key, value]) => (key === "REDIS_URL" ? "on Redis" : `${key}=${value}`)),
  ]
  return () => startServer({ name: name.join(" "), script, env })
}

/** In the order of the table. */
export const comparisonsOn = (REDIS_URL: string): Comparison[] => [
  {
    name: "introspect",
    what: "`POST /introspect`, in memory",
    against: "a bare Fastify route: same form, same answer size",
    reach: 0.6,
    share: 1,
    ours: server("introspect"),
    theirs: server("bare-form"),
  },
  {
    name: "oidc-provider",
    what: "`POST /introspect`, in memory",
    against: "node-oidc-provider's, with its in-memory adapter",
    reach: 4,
    share: 1,
    ours: server("introspect"),
    theirs: server("oidc-provider"),
  },
  {
    name: "introspect-redis",
    what: "`POST /introspect`, on Redis",
    against: "a bare Fastify route with the same Redis GET",
    reach: 0.7,
    share: 1,
    ours: server("introspect", { REDIS_URL }),
    theirs: server("bare-form", { REDIS_URL }),
  },
  {
    name: "guard",
    what: "`tools/call` at `/mcp`, token in the cache",
    against: "the same server without the guard",
    reach: 0.95,
    share: 1 / 4,
    ours: server("mcp", { GUARD: "on" }),
    theirs: server("mcp", { GUARD: "off" }),
  },
  {
    name: "metrics",
    what: "`tools/call` at `/mcp` with metrics on, tracing off",
    against: "the same server with metrics off",
    reach: 0.95,
    share: 1 / 4,
    ours: server("mcp", { METRICS: "on" }),
    theirs: server("mcp", { METRICS: "off" }),
  },
  {
    name: "garbage",
    what: "refusing a garbage token at `/mcp`",
    against: "a bare Fastify 401",
    reach: 0.7,
    share: 1,
    ours: server("mcp", { TOKEN: "garbage" }),
    theirs: server("bare-refusal"),
  },
  {
    name: "replicas",
    what: "`tools/call` at two replicas, one authorization server, one Redis",
    against: "the same with one replica, all processes counted",
    reach: 1 / 1.1,
    share: 1 / 2,
    longer: 2,
    ours: () => startReplicas("two replicas", 2),
    theirs: () => startReplicas("one replica", 1),
  },
]
