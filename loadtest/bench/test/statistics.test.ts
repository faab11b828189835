/** What the benchmark concludes from its rounds. */
import { describe, expect, it } from "vitest"
import { describeRatio, median, quantile, ratioOf } from "../statistics.ts"

describe("ratios of the benchmark", () => {
  it("are those of the medians of processor time", () => {
    expect(ratioOf([100, 90, 110], [50, 60, 55]).value).toBe(0.55)
  })

  it("are refused when the middle half of the rounds differs by more than a fifth of their median", () => {
    const steady = ratioOf([10, 10, 10, 10, 10], [9, 9.5, 10, 10.5, 11])
    expect(describeRatio(steady)).toBe("**1.00**")
    const loose = ratioOf([10, 10, 10, 10, 10], [5, 8, 10, 12, 15])
    expect(loose).toMatchObject({ value: null, range: [0.5, 1.5] })
    expect(describeRatio(loose)).toBe("no ratio: rounds differ by 40 %")
  })

  it("compare rounds that ran side by side: a machine that slows both down changes nothing", () => {
    const { value, spread } = ratioOf([10, 20, 40], [5, 10, 20])
    expect({ value, spread }).toEqual({ value: 0.5, spread: 0 })
  })

  it("one outlier refuses no ratio", () => {
    expect(ratioOf([10, 10, 10, 10, 10, 10, 10], [5, 5, 5, 5, 5, 5, 50]).value).toBe(0.5)
  })

  it("are refused when there are too few rounds to know their spread", () => {
    expect(describeRatio(ratioOf([10], [10]))).toBe("no ratio: fewer than 3 rounds")
    expect(ratioOf([10, 10], [10, 10]).value).toBeNull()
  })

  it("are refused when a round says nothing", () => {
    expect(ratioOf([0, 10, 10], [0, 10, 10]).value).toBeNull()
    expect(ratioOf([10, 10, 10], [10, 10]).value).toBeNull()
  })
})

it("a quantile lies between its neighbours, whatever order the values come in", () => {
  expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(quantile([7], 0.99)).toBe(7)
})
