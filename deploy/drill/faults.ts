/** Every fault of the drill: how it is made, and which alerts are right about it. */
import { setTimeout as pause } from "node:timers/promises"
import { askRedis } from "@gatehouse/test-kit"
import type { HttpFault } from "./http-faults.ts"
import { post, requestToken } from "./load.ts"
import {
  callWithGarbage,
  callWithUnknownKey,
  failToSignIn,
  guessClientSecret,
  keepDoing,
  readMetadata,
  registerNonsense,
  replayCode,
  reuseRefreshToken,
} from "./misuse.ts"
import type { System } from "./system.ts"
import type { Fault } from "./try-fault.ts"

/** Tokens cannot be judged: the objective burns, first fast and then slowly. */
const UNDECIDED = ["TokenValidationErrorBudgetBurn mcp page", "TokenValidationErrorBudgetBurn mcp ticket"]
const SLOWLY_DECIDED = ["TokenValidationLatencyBudgetBurn mcp page", "TokenValidationLatencyBudgetBurn mcp ticket"]
/** Until the load has called with each of its tokens. */
const REMEMBERED_MS = 12_000
const NO_TOKENS = ["TokenEndpointErrorBudgetBurn auth page", "TokenEndpointErrorBudgetBurn auth ticket"]
/** The authorization server gives no usable answer, and soon nobody asks it any more. */
const UNREACHABLE = [
  "AuthorizationServerUnreachable mcp",
  "CircuitOpen mcp",
  "TokensUndecided mcp circuit_open",
  ...UNDECIDED,
]

export const faultsOf = (system: System): Fault[] => [
  ...faultsOfAuthorizationServer(system),
  ...faultsOfKeys(system),
  ...faultsOfRedis(system),
  ...attacks(system),
  ...faultsOfProcesses(system),
]

function faultsOfAuthorizationServer({ between, auth, mcp, introspectionSecret }: System): Fault[] {
  const seen = (fault: HttpFault) => async () => {
    between.mcpAndAuth.fault = fault
    return () => {
      between.mcpAndAuth.fault = undefined
    }
  }
  return [
    {
      name: "authorization server stopped",
      expected: [...UNREACHABLE, "AuthMetricsAbsent"],
      async induce() {
        await auth.kill()
        return () => auth.restart()
      },
    },
    {
      name: "authorization server slow",
      expected: ["AuthorizationServerSlow mcp", ...SLOWLY_DECIDED],
      induce: seen({ delayMs: 1_000 }),
    },
    {
      name: "authorization server answers 500",
      expected: UNREACHABLE,
      induce: seen({ answer: { status: 500, body: "{}" } }),
    },
    {
      name: "authorization server answers 429",
      expected: ["AuthorizationServerLimitsUs mcp", "TokensUndecided mcp rate_limited", ...UNDECIDED],
      induce: seen({ answer: { status: 429, headers: { "retry-after": "6" }, body: "{}" } }),
    },
    {
      name: "authorization server answers garbage",
      expected: UNREACHABLE,
      induce: seen({ answer: { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Welcome</h1>" } }),
    },
    {
      name: "introspection secret wrong",
      expected: ["CredentialsRejected mcp", "TokensUndecided mcp credentials_rejected", ...UNDECIDED],
      induce: seen({ path: /^\/introspect/, authorization: `Basic ${btoa(`mcp:not-${introspectionSecret}`)}` }),
    },
    {
      name: "stale answers while unreachable",
      expected: ["StaleAnswersServed mcp", "AuthorizationServerUnreachable mcp", "CircuitOpen mcp"],
      // An old answer is used after the tries have failed, which is slow until the circuit opens: how many calls that meets is chance.
      accepted: SLOWLY_DECIDED,
      async induce() {
        await mcp.restart({ STALE_IF_ERROR_SECONDS: "600" })
        // A new token would have no answer to fall back on: no client gets one, and meanwhile all that there are get remembered.
        between.clientsAndAuth.fault = { path: /^\/token/, answer: { status: 503, body: "{}" } }
        await pause(REMEMBERED_MS)
        await seen({ answer: { status: 503, body: "{}" } })()
        return async () => {
          between.mcpAndAuth.fault = undefined
          between.clientsAndAuth.fault = undefined
          await mcp.restart()
        }
      },
    },
  ]
}

function faultsOfKeys(system: System): Fault[] {
  const { between, auth } = system
  return [
    {
      name: "keys rotated without warning",
      expected: ["UnknownKeySpike mcp"],
      async induce() {
        await system.replaceKeys()
        return () => {} // clients get new tokens
      },
    },
    {
      // Before keys cannot be read: for half a minute after that, the authorization server itself is asked about unknown keys.
      name: "flood of unknown keys",
      expected: ["UnknownKeySpike mcp"],
      induce: async () => keepDoing(100, () => callWithUnknownKey(system)),
    },
    {
      name: "signing key ends in three days",
      expected: ["SigningKeyExpiring auth"],
      async induce() {
        await system.endKeys(3 * 86_400)
        return () => system.endKeys()
      },
    },
    {
      // From outside these routes cannot be made to fail: they answer from memory, ask no store and are not limited, so that
      // what keeps them from answering (no descriptors, no memory, no time) keeps any 5xx from being counted as well.
      name: "metadata and keys cannot be written",
      expected: ["MetadataErrorBudgetBurn auth page", "MetadataErrorBudgetBurn auth ticket", "JwksStale mcp"],
      async induce() {
        await auth.restart({ NODE_OPTIONS: `--import=${import.meta.resolve("./broken-documents.ts")}` })
        const stops = [
          keepDoing(200, () => readMetadata(system)),
          keepDoing(3_000, () => callWithUnknownKey(system)), // a reason for the MCP server to read the keys
        ]
        return () => {
          for (const stop of stops) stop()
          return auth.restart()
        }
      },
    },
    {
      name: "signing keys cannot be read",
      expected: ["JwksStale mcp"],
      async induce() {
        between.mcpAndAuth.fault = { path: /^\/jwks/, answer: { status: 500, body: "{}" } }
        // A key that is not known is a reason to read them.
        const stop = keepDoing(3_000, () => callWithUnknownKey(system))
        return () => {
          stop()
          between.mcpAndAuth.fault = undefined
        }
      },
    },
  ]
}

/** Stops a process and lets it go on, again and again: it is there, and slow. */
async function inPulses({ stop, go }: { stop: () => void; go: () => void }) {
  let [ended, timer] = [false, setTimeout(() => {}, 0)]
  const pulse = () => {
    stop()
    timer = setTimeout(() => {
      go()
      if (!ended) timer = setTimeout(pulse, 50)
    }, 350)
  }
  pulse()
  return () => {
    ended = true
    clearTimeout(timer)
    go()
  }
}

function faultsOfRedis(system: System): Fault[] {
  const { redis, between } = system
  const maxmemory = (value: string) => askRedis(redis.port, "CONFIG", "SET", "maxmemory", value)
  return [
    {
      name: "Redis stopped",
      expected: ["RedisDown auth", "RedisDown mcp", ...NO_TOKENS, ...UNREACHABLE],
      // Each 503 takes the authorization server a second, and the circuit some of them: minutes, in the drill's time.
      accepted: ["TokensUndecided mcp bad_response", "TokensUndecided mcp timeout"],
      async induce() {
        await redis.kill()
        return () => redis.restart()
      },
    },
    {
      name: "Redis slow",
      expected: ["RedisSlow auth", "RedisSlow mcp", ...SLOWLY_DECIDED],
      induce: () => inPulses({ stop: redis.pause, go: redis.resume }),
    },
    {
      name: "Redis full",
      expected: ["RedisErrors auth memory_full", ...NO_TOKENS],
      accepted: ["RedisErrors mcp memory_full"], // it tries once a second, which is a hundred times in two minutes, but seldom five in the drill's
      async induce() {
        await maxmemory("1")
        return async () => void (await maxmemory("0"))
      },
    },
    {
      name: "revocations arrive late",
      expected: ["RevocationLag mcp"],
      async induce() {
        for (let i = 0; i < 2; i++) {
          const token = await requestToken(system)
          between.mcpAndRedis.mode = "blackhole"
          await post(system, "/revoke", { form: { token }, user: `nightly:${system.clientSecret}` })
          await pause(200) // later than it may be, and over before it is a slow Redis
          between.mcpAndRedis.mode = "pass"
          await pause(200)
        }
        return () => {}
      },
    },
  ]
}

const attacks = (system: System): Fault[] => [
  {
    name: "flood of garbage tokens",
    expected: ["InvalidTokensSpike mcp unknown"],
    induce: async () => keepDoing(50, () => callWithGarbage(system)),
  },
  {
    name: "refresh token reused",
    expected: ["RefreshTokenReuse auth"],
    async induce() {
      await reuseRefreshToken(system)
      return () => {}
    },
  },
  {
    name: "code replayed",
    expected: ["CodeReplay auth"],
    async induce() {
      await replayCode(system)
      return () => {}
    },
  },
  {
    name: "client secrets guessed",
    expected: ["ClientAuthenticationBruteForce auth"],
    induce: async () => keepDoing(150, () => guessClientSecret(system)),
  },
  {
    name: "sign-ins fail",
    expected: ["SignInBruteForce auth"],
    induce: async () => keepDoing(300, () => failToSignIn(system)),
  },
  {
    name: "flood of registrations",
    expected: ["RateLimitingHeavy auth /register"],
    induce: async () => keepDoing(10, () => registerNonsense(system)),
  },
]

const faultsOfProcesses = ({ mcp }: System): Fault[] => [
  {
    name: "event loop blocked",
    expected: ["EventLoopLag mcp"],
    accepted: SLOWLY_DECIDED, // only what is being asked when it stops takes longer: how much that is, is chance
    induce() {
      const { child } = mcp.running
      return inPulses({ stop: () => child.kill("SIGSTOP"), go: () => child.kill("SIGCONT") })
    },
  },
  {
    name: "MCP server killed",
    expected: ["McpMetricsAbsent"],
    async induce() {
      await mcp.kill()
      return () => mcp.restart()
    },
  },
]
