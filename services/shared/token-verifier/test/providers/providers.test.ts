/** One suite for every provider: what it vouches for passes, everything else does not, and its silence is never a refusal. */
import { manualClock } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { createTokenVerifier } from "../../src/token-verifier.ts"
import { providerCases } from "./emulators/index.ts"
import { type Flaw, type ProviderCase, RESOURCE, type RunningProvider } from "./emulators/provider-case.ts"

/** Longer than any answer is remembered. */
const FORGOTTEN_SECONDS = 61

async function prepare(provider: ProviderCase) {
  const clock = manualClock()
  const running = await provider.start(clock.now)
  const logged: string[] = []
  const write = (fields: object, message: string) => void logged.push(JSON.stringify([fields, message]))
  const verifier = createTokenVerifier({
    audience: RESOURCE,
    servers: [provider.options],
    dispatcher: running.emulator.dispatcher,
    limits: { rediscoverSeconds: 0.05, retries: 1 },
    log: { info: write, warn: write, error: write },
    now: clock.now,
    uptime: clock.now,
  })
  onTestFinished(async () => {
    await verifier.close()
    await running.emulator.close()
  })
  return { ...running, clock, logged, verifier, verify: (token: string) => verifier.verifyToken(token) }
}

async function startWith(provider: ProviderCase) {
  const prepared = await prepare(provider)
  await prepared.verifier.start()
  return prepared
}

const valid = expect.objectContaining({ outcome: "valid" })
const unreachable = { outcome: "unavailable", reason: expect.stringMatching(/^(refused|network)$/) }

/** A token that only a question can decide about: unknown here, or signed with a key that is. */
function undecided(provider: ProviderCase, { issue, rotateKeys }: RunningProvider): string {
  if (provider.strategy === "jwt") rotateKeys?.()
  return issue("good")
}

describe.each(providerCases.map((provider) => [provider.name, provider] as const))("%s", (_, provider) => {
  const isAsked = provider.strategy !== "jwt"

  it("accepts a good token, and says whose it is", async () => {
    const { emulator, issue, logged, verifier, verify } = await startWith(provider)
    const token = issue("good")
    expect(await verify(token)).toMatchObject({ outcome: "valid", claims: provider.says })
    expect(verifier.servers()[0]).toMatchObject({ strategy: { name: provider.strategy } })
    for (const place of [...logged, ...emulator.asked.map(({ url }) => url)]) expect(place).not.toContain(token)
  })

  it.each(Object.entries(provider.refuses) as [Flaw, string][])("refuses a token: %s", async (flaw, reason) => {
    const { issue, verify } = await startWith(provider)
    expect(await verify(issue(flaw))).toEqual({ outcome: "invalid", reason })
    expect(await verify(issue("good"))).toEqual(valid)
  })

  it(
    provider.revocable
      ? "refuses a revoked token once its answer is forgotten"
      : "accepts a revoked token until it expires, since nobody is asked about it",
    async () => {
      const { clock, issue, revoke, verify } = await startWith(provider)
      const token = issue("good")
      expect(await verify(token)).toEqual(valid)
      revoke(token)
      expect(await verify(token)).toEqual(valid)
      clock.advance(FORGOTTEN_SECONDS)
      expect(await verify(token)).toEqual(provider.revocable ? { outcome: "invalid", reason: "inactive" } : valid)
    },
  )

  it("goes on with what it knows while the provider is down, says of the rest that it cannot tell, and recovers", async () => {
    const prepared = await startWith(provider)
    const { clock, emulator, issue, verify } = prepared
    const known = issue("good")
    expect(await verify(known)).toEqual(valid)
    await emulator.goDown()
    expect(await verify(known)).toEqual(valid)
    if (!isAsked) expect(await verify(issue("good"))).toEqual(valid)
    const token = undecided(provider, prepared)
    const reason = isAsked ? unreachable.reason : "keys_unavailable"
    expect(await verify(token)).toMatchObject({ outcome: "unavailable", reason })
    clock.advance(FORGOTTEN_SECONDS)
    expect(await verify(known)).toMatchObject(isAsked ? unreachable : { outcome: "valid" })
    await emulator.comeBack()
    clock.advance(FORGOTTEN_SECONDS)
    expect(await verify(token)).toEqual(valid)
    expect(await verify(known)).toEqual(valid)
  })

  it("starts while the provider is down, refuses nothing meanwhile, and needs no restart", async () => {
    const { clock, emulator, issue, verifier, verify } = await prepare(provider)
    const token = issue("good")
    await emulator.goDown()
    const started = verifier.start()
    expect(await verify(token)).toMatchObject({ outcome: "unavailable" })
    await emulator.comeBack()
    await started
    clock.advance(FORGOTTEN_SECONDS)
    expect(await verify(token)).toEqual(valid)
  })

  it("takes a fault of the provider for no word about the token", async () => {
    const prepared = await startWith(provider)
    const { clock, emulator, verify } = prepared
    const token = undecided(provider, prepared)
    emulator.fault = "error"
    const reason = isAsked ? "bad_response" : "keys_unavailable"
    expect(await verify(token)).toMatchObject({ outcome: "unavailable", reason })
    emulator.fault = "none"
    clock.advance(FORGOTTEN_SECONDS)
    expect(await verify(token)).toEqual(valid)
  })

  it("waits for as long as the provider asks while it limits our requests", async () => {
    const prepared = await startWith(provider)
    const { clock, emulator, verify } = prepared
    const token = undecided(provider, prepared)
    emulator.fault = "limited"
    const limited = await verify(token)
    expect(limited).toMatchObject({ outcome: "unavailable", reason: isAsked ? "rate_limited" : "keys_unavailable" })
    const { retryAfterSeconds = 45 } = provider
    const waited = limited.outcome === "unavailable" ? limited.retryAfterSeconds : 0
    expect(waited).toBeLessThanOrEqual(retryAfterSeconds)
    expect(waited).toBeGreaterThan(retryAfterSeconds - 3)
    const asked = emulator.asked.length
    expect(await verify(token)).toMatchObject({ outcome: "unavailable" })
    expect(emulator.asked.length).toBe(asked)
    emulator.fault = "none"
    clock.advance(FORGOTTEN_SECONDS)
    expect(await verify(token)).toEqual(valid)
  })

  it("accepts tokens of a new key, and of the old one while it is published", async () => {
    const { issue, rotateKeys, verify } = await startWith(provider)
    if (!rotateKeys) return
    const old = issue("good")
    rotateKeys()
    expect(await verify(issue("good"))).toEqual(valid)
    expect(await verify(old)).toEqual(valid)
  })

  it("blames no token for credentials of its own that are refused", async () => {
    const { issue, rejectCredentials, verify } = await startWith(provider)
    if (!isAsked || !rejectCredentials) return
    rejectCredentials()
    expect(await verify(issue("good"))).toMatchObject({ outcome: "unavailable", reason: "credentials_rejected" })
  })

  it("asks once about a token that a hundred requests bring at once", async () => {
    const { emulator, issue, verify } = await startWith(provider)
    const token = issue("good")
    const questions = () => emulator.asked.filter(({ method }) => method === "POST").length
    const before = questions()
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => verify(token)))
    expect(outcomes.every(({ outcome }) => outcome === "valid")).toBe(true)
    expect(questions() - before).toBe(isAsked ? 1 : 0)
  })
})
