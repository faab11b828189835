/** values.yaml, values.schema.json and README.md say the same, key by key, and both charts say the same of what they share. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { readmeOf } from "./chart-readme.ts"
import {
  at,
  baseOf,
  CHARTS,
  directoryOf,
  isMap,
  merged,
  refusalOf,
  textOf,
  type Values,
  withRedis,
  yamlOf,
} from "./charts.ts"
import { leavesOf, propertiesOf, resolved, rowsOf, type Schema, schemaAt } from "./values-table.ts"

const schemaOf = (chart: string) => JSON.parse(textOf("helm", chart, "values.schema.json")) as Schema
const valuesOf = (chart: string) => yamlOf<Values>("helm", chart, "values.yaml")
const every = ["auth", "mcp", "redis"]
/** Passed on as they are: the API server knows what may stand in them, and the sub-chart has a schema of its own. */
const KUBERNETES_OWN =
  /^(redis|(\w+\.)?resources|strategy|autoscaling\.behavior|(podS|s)ecurityContext|grafanaDashboard\.labels|lifecycle|\w+Probe)$/
const isTyped = (schema: Schema | undefined) =>
  schema !== undefined && ["type", "enum", "anyOf", "oneOf"].some((keyword) => keyword in schema)
const isOpen = (schema: Schema | undefined) => schema?.type === "object" && schema.additionalProperties !== false

describe.each(every)("%s", (chart) => {
  const schema = schemaOf(chart)
  const values = valuesOf(chart)

  it("has every value in the schema, with a type, but those inside of Kubernetes' own objects", () => {
    const parents = (path: string) => path.split(".").map((_, index, keys) => keys.slice(0, index + 1).join("."))
    const unknown = leavesOf(values).filter((path) => {
      const inside = parents(path).find((each) => each !== "global" && each !== path && isOpen(schemaAt(each, schema)))
      return inside === undefined ? !isTyped(schemaAt(path, schema)) : !KUBERNETES_OWN.test(inside)
    })
    expect(unknown).toEqual([])
  })

  it("has every key of the schema among its values, but those below an object that is the operator's", () => {
    const known = leavesOf(values)
    const paths = propertiesOf(schema, schema)
    expect(paths.length).toBeGreaterThan(20)
    const absent = paths.filter(
      (path) => !known.some((each) => each === path || each.startsWith(`${path}.`) || path.startsWith(`${each}.`)),
    )
    // Helm gives a library a key although it has no values, and the sub-chart its own condition.
    expect(absent.filter((path) => path !== "gatehouse-common" && `${chart}.${path}` !== "redis.enabled")).toEqual([])
  })

  it("says of every value what it means, in its comment", () => {
    const { rows, unexplained } = rowsOf(textOf("helm", chart, "values.yaml"))
    expect(unexplained).toEqual([])
    for (const { path, meaning } of rows) expect(meaning, path).toMatch(/^\S.*[.…)]$/)
  })

  it("refers to nothing outside of itself, so that it works without a network", () => {
    const references = JSON.stringify(schema).match(/"\$ref":"[^"]*"/g) ?? []
    expect(references.filter((each) => !each.includes('"#/'))).toEqual([])
    expect(String(schema["$schema"])).toContain("draft-07")
    expect(JSON.stringify(schema)).not.toContain("unevaluatedProperties")
  })

  it("takes no unknown key, in any object of ours", () => {
    const open = propertiesOf(schema, schema).filter((path) => {
      const found = schemaAt(path, schema)
      return found?.properties !== undefined && found.additionalProperties !== false
    })
    // Other charts' keys may stand beside ours in `global`; the sub-chart's own schema closes `redis`.
    expect(open.filter((path) => path !== "global" && path !== "redis")).toEqual([])
    expect(resolved(schema, schema).additionalProperties).toBe(false)
  })
})

describe.each(CHARTS)("%s", (chart) => {
  const sections = leavesOf(valuesOf(chart))
    .map((path) => path.split(".").slice(0, -1).join("."))
    .filter((path, index, all) => path !== "" && all.indexOf(path) === index)
    .filter((path) => schemaAt(path, schemaOf(chart))?.additionalProperties === false)

  it.each(["", ...sections])("refuses an unknown key in '%s', and names it", async (section) => {
    const path = section === "" ? "noSuchKey" : `${section}.noSuchKey`
    expect(await refusalOf(chart, merged(baseOf(chart), at(path, 1)))).toContain("noSuchKey")
  })

  it("refuses an unknown key of the embedded Redis, and names it", async () => {
    expect(await refusalOf(chart, withRedis(chart, at("redis.persistence.noSuchKey", 1)))).toContain("noSuchKey")
    expect(await refusalOf(chart, withRedis(chart, at("redis.noSuchKey", 1)))).toContain("noSuchKey")
  })

  it("has a README made of its values", async () => {
    await expect(readmeOf(chart)).toMatchFileSnapshot(join(directoryOf(chart), "README.md"))
  })
})

describe("what both charts have", () => {
  const [auth, mcp] = [schemaOf("auth"), schemaOf("mcp")]
  const [authValues, mcpValues] = [valuesOf("auth"), valuesOf("mcp")]
  /** The same key for what is not the same: each service has its own. */
  const OWN = ["introspection", "testClient"]
  const shared = Object.keys(authValues).filter((key) => key in mcpValues && !OWN.includes(key))
  /** Defaults that are the service's own. */
  const DEFAULTS = ["image.repository", "service.port", "redis.enabled"]

  it("is most of it", () => {
    expect(shared.length).toBeGreaterThan(40)
  })

  it.each(shared)("has one schema: %s", (key) => {
    const below = (schema: Schema) => JSON.stringify(expanded(schema.properties?.[key] ?? {}, schema))
    expect(JSON.parse(below(mcp))).toEqual(JSON.parse(below(auth)))
  })

  it.each(shared)("has one default: %s", (key) => {
    const of = (values: Values) => {
      const value = values[key]
      const flat = isMap(value) ? leavesOf({ [key]: value }) : [key]
      return flat
        .filter((path) => !DEFAULTS.includes(path))
        .map((path) => [path, path.split(".").reduce<unknown>((map, name) => (map as Values)[name], values)])
    }
    expect(of(mcpValues)).toEqual(of(authValues))
  })

  /** Without descriptions, which may speak of the service, and without references. */
  function expanded(schema: Schema, whole: Schema): unknown {
    const { description: _, default: __, ...rest } = resolved(schema, whole)
    return Object.fromEntries(
      Object.entries(rest).map(([keyword, value]) => [
        keyword,
        keyword === "properties"
          ? Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([k, v]) => [k, expanded(v, whole)]))
          : isMap(value)
            ? expanded(value as Schema, whole)
            : value,
      ]),
    )
  }
})
