/** The timeline of an outage: which answers are right, when. */
import { expect, it } from "vitest"
import { lengthSeconds, parseTimeline, phaseAt, rightBetween } from "../lib/timeline.ts"

const timeline = parseTimeline("healthy:10, auth-down:20,healthy:30")
const right = (presented: "hot" | "cold" | "bad" | "token", fromMs: number, toMs = fromMs) =>
  rightBetween(timeline, presented, { fromMs, toMs, recoveryMs: 10_000 }).toSorted()

it("is read as names and seconds", () => {
  expect(lengthSeconds(timeline)).toBe(60)
  expect(phaseAt(timeline, 12_000)?.name).toBe("auth-down")
  expect(phaseAt(timeline, 999_000)?.name).toBe("healthy")
})

it.each(["", "healthy", "auth-dead:10", "healthy:0", "healthy:x"])(
  "is refused with its names when it is %j",
  (text) => {
    expect(() => parseTimeline(text)).toThrow("names are healthy, auth-down")
  },
)

it("nothing but the truth is right while everything is well", () => {
  expect(right("cold", 2_000)).toEqual(["admitted"])
  expect(right("bad", 2_000)).toEqual(["refused"])
})

it("a token that nobody knows is neither good nor bad while nobody can be asked", () => {
  expect(right("cold", 20_000)).toEqual(["unavailable"])
  expect(right("hot", 20_000)).toEqual(["admitted"])
  expect(right("bad", 20_000)).toEqual(["refused", "unavailable"])
})

it("both are right around the beginning of a fault, during recovery, and for a request that lasts into a fault", () => {
  const both = ["admitted", "unavailable"]
  expect(right("cold", 9_500)).toEqual(both)
  expect(right("cold", 11_000)).toEqual(both)
  expect(right("cold", 39_000)).toEqual(both)
  expect(right("cold", 6_000, 11_000)).toEqual(both)
  expect(right("cold", 41_000)).toEqual(["admitted"])
})

it("no outage makes a good token bad, or a bad one good", () => {
  for (let ms = 0; ms <= 60_000; ms += 500) {
    expect([...right("cold", ms), ...right("hot", ms), ...right("token", ms)]).not.toContain("refused")
    expect(right("bad", ms)).not.toContain("admitted")
  }
})
