/** Wrong values are refused with a sentence that says what to change, before anything reaches a cluster. */
import { describe, expect, it } from "vitest"
import { baseOf, CHARTS, merged, refusalOf } from "./charts.ts"
import { refusingSentences } from "./sentences.ts"
import { OF_WRONG_FORM, WRONG, WRONG_IN_BOTH } from "./wrong-values.ts"

/** As Helm breaks lines in its own way, words count and not blanks. */
const words = (text: string) => text.replace(/\s+/g, " ")

describe.each(CHARTS)("%s refuses", (chart) => {
  it.each([...WRONG_IN_BOTH, ...WRONG[chart]])("$says", async ({ values, says }) => {
    expect(words(await refusalOf(chart, merged(baseOf(chart), values)))).toContain(words(says))
  })

  it.each(OF_WRONG_FORM)("by its schema $values", async ({ values, says }) => {
    expect(await refusalOf(chart, merged(baseOf(chart), values))).toMatch(
      new RegExp(`(values don't meet|schema)[\\s\\S]*${says}`),
    )
  })

  it("several wrong values in one go, each with its sentence", async () => {
    const twice = { httpRoute: { enabled: true }, terminationGracePeriodSeconds: 12 }
    const said = await refusalOf(chart, merged(baseOf(chart), twice))
    expect(said).toContain("httpRoute.parentRefs is empty")
    expect(said).toContain("terminationGracePeriodSeconds (12)")
  })

  it("no secret by repeating it", async () => {
    const external = { enabled: true, url: "redis://user:hunter2@redis.example.com:6379" }
    const said = await refusalOf(chart, merged(baseOf(chart), { redis: { enabled: false }, externalRedis: external }))
    expect(said).not.toContain("hunter2")
  })
})

describe("refusals", () => {
  it("are tried, every one that a template has", async () => {
    const tried = CHARTS.flatMap((chart) =>
      [...WRONG_IN_BOTH, ...WRONG[chart]].map(({ values }) => refusalOf(chart, merged(baseOf(chart), values))),
    )
    const said = words((await Promise.all(tried)).join("\n"))
    const sentences = refusingSentences()
    expect(sentences.length).toBeGreaterThan(20)
    expect(sentences.filter((sentence) => !said.includes(words(sentence.words)))).toEqual([])
  })

  it("say what to change", () => {
    for (const { words: sentence } of refusingSentences().filter((each) => /^[a-zN].*\.$/.test(each.words)))
      expect(sentence).toMatch(
        /\b(set|give|keep|name|choose|raise|put|leave|write|need|needs|add|use|take|turn|remove|list|move|say|must)\b/i,
      )
  })
})
