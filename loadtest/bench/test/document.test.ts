/** What the benchmark writes: parts of a document, plots, and whose code the processor's time went to. */
import { describe, expect, it } from "vitest"
import { replacePart, table } from "../document.ts"
import { drawPlot } from "../plot.ts"
import { sharesOf } from "../profile.ts"

describe("a part of a document", () => {
  const text = "before\n<!-- measured: a -->\nold\n<!-- end: a -->\nbetween\n<!-- measured: b -->\n<!-- end: b -->\n"

  it("is replaced, and nothing else; again and again", () => {
    const once = replacePart(text, "a", "new")
    expect(once).toBe(text.replace("old", "new"))
    expect(replacePart(once, "a", "new")).toBe(once)
  })

  it("that is not there is an error, not a silent nothing", () => {
    expect(() => replacePart(text, "c", "new")).toThrow("measured: c")
  })

  it("may be a table", () => {
    expect(table(["what", "ms"], "lr", [["a", "1"]])).toBe("| what | ms |\n|---|--:|\n| a | 1 |")
  })
})

describe("a plot", () => {
  const draw = (points: [number, number][]) =>
    drawPlot({ title: "a < b", xLabel: "x", yLabel: "y", series: [{ name: "one", points }] })

  it("has equal steps for equal factors", () => {
    const svg = draw([
      [1, 1],
      [10, 10],
      [100, 100],
    ])
    const [first, second, third] = [...svg.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x))
    expect((second ?? 0) - (first ?? 0)).toBeCloseTo((third ?? 0) - (second ?? 0), 1)
    expect(svg).toContain("a &lt; b")
  })

  it("keeps the names of lines apart that end at one place", () => {
    const points = [[1, 5]] as const
    const series = ["one", "two", "three"].map((name) => ({ name, points }))
    const svg = drawPlot({ title: "t", xLabel: "x", yLabel: "y", series })
    const heights = [...svg.matchAll(/y="([\d.]+)" text-anchor="start">(?:one|two|three)</g)].map(([, y]) => Number(y))
    expect(heights.map((y, i) => y - (heights[i - 1] ?? y))).toEqual([0, 18, 18])
  })

  it("refuses what has no logarithm", () => {
    expect(() => draw([[0, 1]])).toThrow(RangeError)
    expect(() => draw([])).toThrow(RangeError)
  })
})

it("a profile tells whose code it was, without the time in which there was nothing to do", () => {
  const urls = [
    "file:///x/services/shared/oauth/src/bearer.ts",
    "file:///x/node_modules/@scope/a/node_modules/fastify/lib/reply.js",
    "node:internal/streams/writable",
  ]
  const named = urls.map((url, id) => ({ id, callFrame: { functionName: "f", url } }))
  const native = ["(idle)", "(garbage collector)", "(program)"].map((functionName, i) => ({
    id: 3 + i,
    callFrame: { functionName, url: "" },
  }))
  const profile = { nodes: [...named, ...native], samples: [0, 1, 2, 3, 4, 5], timeDeltas: [40, 30, 20, 900, 9, 1] }
  expect(sharesOf(profile)).toEqual([
    ["services/shared/oauth", 0.4],
    ["fastify", 0.3],
    ["Node: streams", 0.2],
    ["garbage collection", 0.09],
    ["everything else", expect.closeTo(0.01)],
  ])
})
