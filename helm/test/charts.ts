/** The charts as tests see them: which there are, their cases in `ci/`, and what Helm makes of them. */
import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { type Document, parse, parseAllDocuments } from "yaml"
import type { Manifest } from "./manifests.ts"

export const root = resolve(import.meta.dirname, "../..")
export const CHARTS = ["auth", "mcp"] as const
export type Chart = (typeof CHARTS)[number]
/** As in a values file. */
export type Values = { readonly [key: string]: unknown }

export interface Case {
  chart: Chart
  name: string
  values: Values
}

export const directoryOf = (chart: string) => join(root, "helm", chart)
export const textOf = (...path: string[]) => readFileSync(join(root, ...path), "utf8")
export const yamlOf = <T>(...path: string[]) => parse(textOf(...path)) as T

/** One values file a feature: every `ci/*-values.yaml`. */
export const cases: readonly Case[] = CHARTS.flatMap((chart) =>
  globSync("ci/*-values.yaml", { cwd: directoryOf(chart) })
    .sort()
    .map((file) => ({
      chart,
      name: basename(file, "-values.yaml"),
      values: yamlOf<Values | null>("helm", chart, file) ?? {},
    })),
)

export interface RenderOptions {
  release?: string
  namespace?: string
  kubeVersion?: string
  /** Where the chart lies, when not in this repository. */
  directory?: string
}

export interface Finished {
  status: number
  stdout: string
  stderr: string
}

/** Charts share files by links, and Helm remarks on each, 3 and 4 in ways of their own. */
const SYMLINK_REMARK = /^(?:level=INFO msg="|walk\.go:\d+: )found symbolic link in path[^\n]*\n/gm

/** Runs Helm, with values on its standard input. */
export function helm(args: readonly string[], values: Values = {}): Promise<Finished> {
  return new Promise((done) => {
    const child = execFile("helm", args, { cwd: root, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : 1, stdout, stderr: stderr.replaceAll(SYMLINK_REMARK, "") }),
    )
    child.stdin?.end(JSON.stringify(values))
  })
}

/** Its place is a namespace that no chart names by itself, so that a fixed one is found. */
export const NAMESPACE = "somewhere"

async function template(chart: Chart, values: Values, options: RenderOptions = {}): Promise<Finished> {
  const { release = chart, namespace = NAMESPACE, kubeVersion, directory = directoryOf(chart) } = options
  const version = kubeVersion === undefined ? [] : ["--kube-version", kubeVersion]
  return helm(["template", release, directory, "--namespace", namespace, ...version, "--values", "-"], values)
}

const rendered = new Map<string, Promise<string>>()

/**
 * The manifests as Helm writes them, hooks and tests included. The same question is answered from memory.
 * @throws Error with Helm's sentence
 */
export function textRendered(chart: Chart, values: Values = {}, options: RenderOptions = {}): Promise<string> {
  const key = JSON.stringify([chart, values, options])
  const known = rendered.get(key)
  if (known !== undefined) return known
  const asked = template(chart, values, options).then(({ status, stdout, stderr }) => {
    if (status !== 0) throw new Error(`helm template ${chart}: ${stderr}`)
    return stdout
  })
  rendered.set(key, asked)
  return asked
}

/** @throws Error for YAML that repeats a key, or is none */
export async function render(chart: Chart, values: Values = {}, options: RenderOptions = {}): Promise<Manifest[]> {
  return manifestsOf(await textRendered(chart, values, options))
}

/** With the template that each comes from, which Helm writes above it. */
export function manifestsOf(text: string): Manifest[] {
  const manifests: Manifest[] = []
  for (const document of parseAllDocuments(text, { uniqueKeys: true }) as Document[]) {
    const [error] = document.errors
    if (error) throw error
    const manifest = document.toJS() as Omit<Manifest, "source"> | null
    const [, source = ""] =
      /Source: \S+?\/((?:templates|charts)\/\S+)/.exec(document.contents?.commentBefore ?? "") ?? []
    if (manifest !== null) manifests.push({ ...manifest, source })
  }
  return manifests
}

/** What Helm says in place of manifests; "" when it renders. */
export async function refusalOf(chart: Chart, values: Values): Promise<string> {
  const { status, stderr } = await template(chart, values)
  return status === 0 ? "" : stderr
}

/** NOTES.txt, as an installation prints it. */
export async function notesOf(chart: Chart, values: Values = {}, { release = chart as string } = {}): Promise<string> {
  const { status, stdout, stderr } = await helm(
    ["install", release, directoryOf(chart), "--dry-run=client", "--namespace", NAMESPACE, "--values", "-"],
    values,
  )
  if (status !== 0) throw new Error(stderr)
  return stdout.slice(stdout.indexOf("\nNOTES:\n") + 1)
}

/** The values of both, the second over the first, as Helm merges files. */
export function merged(under: Values, over: Values): Values {
  const both = Object.entries(over).map(([key, value]) => {
    const below = under[key]
    return [key, isMap(below) && isMap(value) ? merged(below, value) : value]
  })
  return { ...under, ...Object.fromEntries(both) }
}

export const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `{"a.b": 1}` becomes `{a: {b: 1}}`. */
export const at = (path: string, value: unknown): Values =>
  path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values

/** Values of the default case. */
export const baseOf = (chart: Chart): Values =>
  cases.find((each) => each.chart === chart && each.name === "default")?.values ?? {}

/** With a Redis of the release's own. */
export const withRedis = (chart: Chart, values: Values = {}): Values =>
  [{ redis: { enabled: true } }, chart === "mcp" ? { authServer: { redis: { enabled: false } } } : {}, values].reduce(
    merged,
    baseOf(chart),
  )
