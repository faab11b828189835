/** Whatever happens in whatever order: nothing is remembered beyond its time, its `exp` or a revocation, nor forgotten before. */
import type { RevocationEvent } from "@gatehouse/oauth"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createLocalCache } from "../src/cache/local-cache.ts"
import type { ActiveToken } from "../src/introspection.ts"
import { createStaleAnswers, withStaleIfError } from "../src/layers/with-stale-if-error.ts"
import { createRecentRevocations } from "../src/revocation/recent-revocations.ts"
import { newTrail } from "../src/trail.ts"
import { Unavailable } from "../src/unavailable.ts"
import { START } from "./setting.ts"

const POSITIVE_SECONDS = 60
const STALE_SECONDS = 40

type Step =
  | { do: "save"; token: number; lifetimeSeconds: number | undefined; late: boolean }
  | { do: "inactive"; token: number }
  | { do: "pass"; seconds: number }
  | { do: "set the wall clock"; bySeconds: number }
  | { do: "event"; event: RevocationEvent | "gap" }

const token = fc.nat({ max: 2 })
const event = fc.oneof(
  token.map((i): RevocationEvent => ({ kind: "token", grantId: `g${i}`, jti: `j${i}` })),
  token.map((i): RevocationEvent => ({ kind: "grant", grantId: `g${i}` })),
  token.map((i): RevocationEvent => ({ kind: "subject", subject: `s${i}` })),
  fc.constant<RevocationEvent>({ kind: "client", clientId: "c" }),
  fc.constant<"gap">("gap"),
)
const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant<"save">("save"),
      token,
      lifetimeSeconds: fc.option(fc.integer({ min: -5, max: 150 }), { nil: undefined }),
      late: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant<"inactive">("inactive"), token }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant<"pass">("pass"), seconds: fc.integer({ min: 1, max: 70 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant<"set the wall clock">("set the wall clock"),
      bySeconds: fc.integer({ min: -3600, max: 30 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant<"event">("event"), event }) },
)

/** What was said of a token, as the model of the cache knows it. */
interface Said {
  token: ActiveToken
  savedAt: number
  /** By the monotonic clock, as the wall clock stood when it was saved. */
  endsAt: number
  /** Asked for before an event that concerns it. */
  doubtful: boolean
  /** Called active although it or its grant had been revoked already: not to be believed while that is remembered. */
  strange: boolean
}

const tokenOf = (i: number, exp: number | undefined): ActiveToken => ({
  ...{ active: true, sub: `s${i}`, client_id: "c", jti: `j${i}`, grant_id: `g${i}` },
  ...(exp === undefined ? {} : { exp }),
})

const concerns = (happened: RevocationEvent | "gap", { token: { sub, jti, grant_id } }: Said): boolean =>
  happened === "gap" ||
  (happened.kind === "token" && happened.jti === jti) ||
  (happened.kind === "grant" && happened.grantId === grant_id) ||
  (happened.kind === "subject" && happened.subject === sub) ||
  happened.kind === "client"

function start() {
  const time = { uptime: 1000, wall: START }
  const [uptime, now] = [() => time.uptime, () => time.wall]
  const revocations = createRecentRevocations({ uptime, memorySeconds: POSITIVE_SECONDS + STALE_SECONDS })
  const bounds = { positiveSeconds: POSITIVE_SECONDS, negativeSeconds: 5, maxPositive: 10, maxNegative: 10 }
  const cache = createLocalCache({ ...bounds, staleIfErrorSeconds: STALE_SECONDS, now, uptime, revocations })
  const answers = createStaleAnswers(cache)
  const ask = withStaleIfError(answers, async () => Promise.reject(new Unavailable("network")))
  return { time, revocations, cache, answers, ask, revoked: new Set<string>() }
}

type Cache = ReturnType<typeof start>

function take(action: Step, { time, revocations, cache, revoked }: Cache, said: Map<number, Said>): void {
  if (action.do === "pass") {
    time.uptime += action.seconds
    time.wall += action.seconds
  } else if (action.do === "set the wall clock") time.wall += action.bySeconds
  else if (action.do === "event") {
    if (action.event === "gap") revocations.addGap()
    else revocations.add(action.event)
    if (action.event !== "gap" && action.event.kind === "token") revoked.add(action.event.jti)
    if (action.event !== "gap" && action.event.kind === "grant") revoked.add(action.event.grantId)
    for (const known of said.values()) known.doubtful ||= concerns(action.event, known)
  } else if (action.do === "inactive") {
    cache.save(`t${action.token}`, { active: false }, cache.mark())
    said.delete(action.token)
  } else {
    const { token: i, lifetimeSeconds, late } = action
    const answer = tokenOf(i, lifetimeSeconds === undefined ? undefined : time.wall + lifetimeSeconds)
    const since = cache.mark()
    // An event that concerns nobody: what came before it is still good.
    if (late) revocations.add({ kind: "grant", grantId: "another" })
    cache.save(`t${i}`, answer, since)
    const endsAt = time.uptime + (lifetimeSeconds ?? Number.POSITIVE_INFINITY)
    const strange = revoked.has(`j${i}`) || revoked.has(`g${i}`)
    if (endsAt > time.uptime) said.set(i, { token: answer, savedAt: time.uptime, endsAt, doubtful: false, strange })
    else said.delete(i)
  }
}

async function compare({ time, cache, answers, ask }: Cache, i: number, said: Map<number, Said>): Promise<void> {
  const known = said.get(i)
  const found = cache.find(`t${i}`)
  const served = answers.served()
  const stale = await ask(`t${i}`, new AbortController().signal, newTrail()).catch(() => undefined)
  expect(answers.served() - served).toBe(stale === undefined ? 0 : 1)
  const age = known ? time.uptime - known.savedAt : 0
  const ended = known ? time.uptime >= known.endsAt || (known.token.exp ?? Infinity) <= time.wall : true
  if (ended) said.delete(i) // seen once to be over, it is over
  const good = known !== undefined && !ended && !known.doubtful
  const allowed = good && age >= POSITIVE_SECONDS && age < POSITIVE_SECONDS + STALE_SECONDS ? known.token : undefined
  if (stale !== undefined || !known?.strange) expect(stale).toBe(allowed)
  if (good && age < POSITIVE_SECONDS) expect(found).toBe(known.token)
  // One that was revoked stays known, so that it is refused at once.
  else if (found?.active) {
    expect(known?.doubtful || known?.strange).toBe(true)
    expect(found).toBe(known?.token)
    expect(age).toBeLessThan(POSITIVE_SECONDS)
  }
}

describe("OAuth token verifier: what is remembered, whatever happens", () => {
  it("G7 K1 K3 K16 lives to its bound, and never past it, past exp, or past a revocation", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const started = start()
        const said = new Map<number, Said>()
        for (const action of steps) {
          take(action, started, said)
          for (const i of [0, 1, 2]) await compare(started, i, said)
        }
      }),
      { numRuns: 300 },
    )
  })
})
