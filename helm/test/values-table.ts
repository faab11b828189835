/** A chart's values with what its comments say of them: one row a key that has a `# --` comment. */
import { isMap as isMapNode, isPair, isScalar, type Node, parseDocument, type YAMLMap } from "yaml"
import { isMap, type Values } from "./charts.ts"

export interface Row {
  path: string
  default: unknown
  meaning: string
}

/** Rows of a values file, in its order, and the paths of values that no comment speaks of. */
export function rowsOf(text: string): { rows: Row[]; unexplained: string[] } {
  const document = parseDocument(text)
  const found: { rows: Row[]; unexplained: string[] } = { rows: [], unexplained: [] }
  if (isMapNode(document.contents)) collect(document.contents, { prefix: "", explained: false, found })
  return found
}

interface Walk {
  prefix: string
  /** Whether a comment above speaks of all that is below. */
  explained: boolean
  found: { rows: Row[]; unexplained: string[] }
}

function collect(map: YAMLMap, { prefix, explained, found }: Walk): void {
  for (const [index, pair] of map.items.entries()) {
    if (!isPair(pair) || !isScalar(pair.key)) continue
    const path = `${prefix}${String(pair.key.value)}`
    // The comment above a map's first key is the map's own, for the parser.
    const comment = pair.key.commentBefore ?? (index === 0 ? map.commentBefore : undefined)
    const meaning = meaningOf(comment)
    const value = pair.value as Node | null
    if (meaning !== undefined) found.rows.push({ path, default: value?.toJSON() ?? null, meaning })
    if (isMapNode(value) && value.items.length > 0)
      collect(value, { prefix: `${path}.`, explained: explained || meaning !== undefined, found })
    else if (meaning === undefined && !explained) found.unexplained.push(path)
  }
}

/** What follows the last `--`; lines before it are about a section. */
function meaningOf(comment: string | null | undefined): string | undefined {
  const [, meaning] = /(?:^|\n)\s*-- ([\s\S]*)$/.exec(comment ?? "") ?? []
  return meaning?.replace(/\s*\n\s*/g, " ").trim()
}

export interface Schema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  $ref?: string
  definitions?: Record<string, Schema>
  [keyword: string]: unknown
}

/** The schema itself, or what its local reference means, with what stands beside the reference. */
export function resolved(schema: Schema, whole: Schema): Schema {
  if (schema.$ref === undefined) return schema
  const [, place, name = ""] = /^#\/(definitions|\$defs)\/(\w+)$/.exec(schema.$ref) ?? []
  const target = (whole[place ?? ""] as Record<string, Schema> | undefined)?.[name]
  if (target === undefined) throw new Error(`${schema.$ref} leads nowhere`)
  const { $ref, ...beside } = schema
  return { ...resolved(target, whole), ...beside }
}

export function schemaAt(path: string, whole: Schema): Schema | undefined {
  let schema: Schema | undefined = whole
  for (const key of path.split(".")) schema = schema && resolved(schema, whole).properties?.[key]
  return schema && resolved(schema, whole)
}

/** Every path of the values down to what is no map, or an empty one. */
export function leavesOf(values: Values, prefix = ""): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    isMap(value) && Object.keys(value).length > 0 ? leavesOf(value, `${prefix}${key}.`) : [prefix + key],
  )
}

/** Every path that the schema names. */
export function propertiesOf(schema: Schema, whole: Schema, prefix = ""): string[] {
  return Object.entries(resolved(schema, whole).properties ?? {}).flatMap(([key, below]) => [
    prefix + key,
    ...propertiesOf(below, whole, `${prefix}${key}.`),
  ])
}

function typeOf(path: string, schema: Schema): string {
  const { type, enum: choices, ...rest } = schemaAt(path, schema) ?? {}
  if (choices !== undefined) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(", ")
  if (type !== undefined) return [type].flat().join(" or ")
  const alternatives = (rest["anyOf"] ?? rest["oneOf"]) as Schema[] | undefined
  return [...new Set((alternatives ?? []).flatMap((each) => resolved(each, schema).type ?? []))].join(" or ")
}

const cell = (text: string) => text.replaceAll("|", "\\|")

/** The table of a README. */
export function valuesTable(rows: readonly Row[], schema: Schema): string {
  const lines = rows.map(({ path, default: value, meaning }) => {
    const shown = isMap(value) && Object.keys(value).length > 0 && rows.some((row) => row.path.startsWith(`${path}.`))
    const text = shown ? "" : `\`${JSON.stringify(value)}\``
    return `| \`${path}\` | ${cell(typeOf(path, schema))} | ${cell(text)} | ${cell(meaning)} |`
  })
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...lines].join("\n")
}

/** Which Secrets a chart can be given, and what each must hold. */
export function secretsTable(rows: readonly Row[]): string {
  const lines = rows
    .filter(({ path }) => /(existing|ca)Secret$/.test(path))
    .map(({ path, meaning }) => {
      const section = path.replace(/\.[^.]+$/, "")
      const key = rows.find((row) => new RegExp(`^${section.replaceAll(".", "\\.")}\\.(key|\\w+Key)$`).test(row.path))
      return `| \`${path}\` | \`${key?.path}\`: \`${String(key?.default)}\` | ${cell(meaning)} |`
    })
  return ["| value | key in that Secret | what it holds |", "|---|---|---|", ...lines].join("\n")
}
