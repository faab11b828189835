/** Whatever an authorization server does, and in whatever order: no token is believed that it did not vouch for, and none of its own is refused. */
import type { RevocationEvent } from "@gatehouse/oauth"
import fc from "fast-check"
import { afterEach, describe, expect, it, vi } from "vitest"
import { Unavailable } from "../src/unavailable.ts"
import {
  type Behaviour,
  BRIEF,
  createWorld,
  DOOMED,
  GOOD,
  NEVER_ISSUED,
  PLACES,
  START,
  type World,
} from "./resilience-world.ts"

const RUNS = 300

// What may happen.
type Step =
  | { do: "ask"; tokens: string[]; hangUpAfterMs: number | undefined }
  /** By turns. */
  | { do: "server"; behaviours: [Behaviour, Behaviour] }
  | { do: "pass"; milliseconds: number }
  | { do: "revoke"; token: string; told: "token" | "grant" | "subject" | "nobody" }
  | { do: "tell"; event: RevocationEvent | "gap" }

const error = fc.oneof(
  fc.constantFrom(
    new Unavailable("network"),
    new Unavailable("network", { cause: Object.assign(new Error("closed"), { code: "ECONNRESET" }) }),
    new Unavailable("refused"),
    new Unavailable("timeout"),
    new Unavailable("rate_limited"),
    new Unavailable("bad_response"),
    new Unavailable("bad_response", { retryable: true }),
    new Unavailable("credentials_rejected"),
  ),
  fc
    .tuple(fc.constantFrom("rate_limited" as const, "bad_response" as const), fc.integer({ min: 1, max: 60 }))
    .map(([reason, retryAfterSeconds]) => new Unavailable(reason, { retryAfterSeconds, retryable: true })),
)
const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ is: fc.constant("answering" as const), delayMs: fc.constantFrom(0, 0, 5, 300, 1900, 2500) }),
  fc.constantFrom({ is: "silent" as const }, { is: "deaf" as const }),
  fc.record({ is: fc.constant("failing" as const), error }),
)
const token = fc.oneof(...[GOOD, DOOMED, BRIEF, NEVER_ISSUED].map((names) => fc.constantFrom(...names)))
const ask = fc.record({
  do: fc.constant("ask" as const),
  tokens: fc.array(token, { minLength: 1, maxLength: 8 }),
  hangUpAfterMs: fc.option(fc.integer({ min: 0, max: 6000 }), { nil: undefined, freq: 4 }),
})
const server = fc.record({ do: fc.constant("server" as const), behaviours: fc.tuple(behaviour, behaviour) })
const milliseconds = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 300, max: 6000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 6000, max: 70_000 }) },
)
const revocation = fc.record({
  do: fc.constant("revoke" as const),
  token: fc.constantFrom(...DOOMED),
  told: fc.constantFrom("token" as const, "grant" as const, "subject" as const, "nobody" as const),
})
// True of somebody else's token, or of an old one of the same client: ours are as good as before.
const event = fc.constantFrom<RevocationEvent | "gap">(
  { kind: "client", clientId: "client-1" },
  { kind: "grant", grantId: "grant-of-somebody" },
  "gap",
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: ask },
  { weight: 2, arbitrary: server },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), milliseconds }) },
  { weight: 1, arbitrary: revocation },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tell" as const), event }) },
)

const steps = fc.array(step, { maxLength: 100, size: "max" })

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

async function happen(world: World, happening: Step): Promise<void> {
  if (happening.do === "pass") await pass(happening.milliseconds)
  else if (happening.do === "ask") for (const each of happening.tokens) void world.ask(each, happening.hangUpAfterMs)
  else if (happening.do === "server") world.server.behave(...happening.behaviours)
  else if (happening.do === "revoke") world.revoke(happening.token, happening.told)
  else world.tell(happening.event)
}

/** The server is well again, and every pause that it asked for or that we took is over. */
async function recover({ server, ask }: World): Promise<void> {
  server.behave({ is: "answering", delayMs: 0 })
  await pass(100_000)
  for (const about of GOOD) expect([about, (await ask(about))?.outcome]).toEqual([about, "valid"])
}

/** Every place and every place in the queue can be had. */
async function expectNothingLeaked({ ask, limit, breaker, outages }: World): Promise<void> {
  expect([limit.inFlight(), limit.queued(), breaker.state(), outages.current()]).toEqual([0, 0, "closed", undefined])
  const places = PLACES.maxConcurrent + PLACES.maxQueued
  const answers = await Promise.all(Array.from({ length: places }, (_, i) => ask(`never-${i + 10}`)))
  expect(answers.map((answer) => answer?.outcome)).toEqual(answers.map(() => "invalid"))
}

describe("OAuth token verifier: any order of events", () => {
  afterEach(() => void vi.useRealTimers())

  it("G9 K9 believes only what was vouched for, refuses nothing good, recovers, and leaks nothing", async () => {
    // A failure prints its seed and path: fc.assert(…, { seed, path }) repeats it.
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.constantFrom(0, 40), async (happenings, seed, staleIfErrorSeconds) => {
        vi.useFakeTimers({ now: START * 1000 })
        const world = createWorld({ seed, staleIfErrorSeconds })
        for (const each of happenings) await happen(world, each)
        await recover(world)
        await expectNothingLeaked(world)
        expect(world.server.busiest()).toBeLessThanOrEqual(PLACES.maxConcurrent)
        expect(staleIfErrorSeconds > 0 || world.stale.served() === 0).toBe(true)
        expect(world.faults).toEqual([])
      }),
      { numRuns: RUNS },
    )
  }, 60_000)
})
