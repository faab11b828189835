/** A chart as others get it: packed, on any supported Kubernetes, with what it says after installation. */

import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { baseOf, CHARTS, cases, directoryOf, helm, textRendered, yamlOf } from "./charts.ts"

const versionOf = (chart: string) => yamlOf<Record<"version" | "appVersion", string>>("helm", chart, "Chart.yaml")

describe.each(CHARTS)("%s, packed", (chart) => {
  let elsewhere: string
  let unpacked: string

  beforeAll(async () => {
    elsewhere = mkdtempSync(join(tmpdir(), "gatehouse-package-"))
    const { status, stderr } = await helm(["package", directoryOf(chart), "--destination", elsewhere])
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" })
    const archive = join(elsewhere, `${chart}-${versionOf(chart).version}.tgz`)
    expect(spawnSync("tar", ["-xzf", archive, "-C", elsewhere]).status).toBe(0)
    unpacked = join(elsewhere, chart)
  })
  afterAll(() => rmSync(elsewhere, { recursive: true }))

  it.each(cases.filter((each) => each.chart === chart))(
    "renders the same far from this repository: $name",
    async ({ values }) => {
      expect(await textRendered(chart, values, { directory: unpacked })).toBe(await textRendered(chart, values))
    },
  )

  it("holds its rules, its dashboards and its sub-charts", () => {
    const listed = spawnSync("find", [unpacked, "-printf", "%y %P\n"], { encoding: "utf8" }).stdout.split("\n")
    expect(listed.filter((line) => line.startsWith("l"))).toEqual([])
    const files = listed.map((line) => line.slice(2))
    expect(files).toEqual(
      expect.arrayContaining([
        "values.schema.json",
        "README.md",
        "charts/gatehouse-common/Chart.yaml",
        "charts/redis/Chart.yaml",
        `files/rules/${chart}-slo.yaml`,
      ]),
    )
  })
})

describe.each(CHARTS)("%s", (chart) => {
  it.each([30, 31, 32, 33, 34, 35, 36])("renders on Kubernetes 1.%d the same objects", async (minor) => {
    for (const { values } of cases.filter((each) => each.chart === chart))
      expect(await textRendered(chart, values, { kubeVersion: `1.${minor}.0` })).toBe(await textRendered(chart, values))
  })

  it("refuses a Kubernetes that is too old for its preStop pause", async () => {
    await expect(textRendered(chart, baseOf(chart), { kubeVersion: "1.29.0" })).rejects.toThrow(/1\.30/)
  })

  it("takes a Kubernetes whose version says more than a number, as managed ones do", async () => {
    expect(await textRendered(chart, baseOf(chart), { kubeVersion: "v1.31.4-gke.1183000" })).toBeTruthy()
    expect(await textRendered(chart, baseOf(chart), { kubeVersion: "v1.32.0-eks-2d5f260" })).toBeTruthy()
  })
})

it("all charts have the version of the packages", () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"))
  for (const chart of [...CHARTS, "common"])
    expect(versionOf(chart), chart).toMatchObject({ version, appVersion: version })
  expect(versionOf("redis")).toMatchObject({ version })
})
