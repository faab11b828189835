/** Every case, sent to a real API server that checks it and keeps nothing: of whatever cluster kubectl speaks to. */
import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { cases, manifestsOf, textRendered } from "../charts.ts"

const NAMESPACE = `gatehouse-render-${process.pid}`
/** Kinds that a cluster may lack, with the fields that the charts use; left alone where it has them. */
const definitions = globSync("../crds/*.yaml", { cwd: import.meta.dirname }).map((file) =>
  join(import.meta.dirname, file),
)

function kubectl(args: readonly string[], input = ""): Promise<{ status: number; said: string }> {
  return new Promise((done) => {
    const child = execFile("kubectl", args, { maxBuffer: 16 << 20 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : 1, said: stdout + stderr }),
    )
    child.stdin?.end(input)
  })
}

const nameOf = (file: string) => (parse(readFileSync(file, "utf8")) as { metadata: { name: string } }).metadata.name
const added: string[] = []

beforeAll(async () => {
  const created = await kubectl(["create", "namespace", NAMESPACE])
  if (created.status !== 0) throw new Error(`kubectl reaches no cluster: ${created.said}`)
  const level = "pod-security.kubernetes.io/enforce=restricted"
  await kubectl(["label", "namespace", NAMESPACE, level, level.replace("enforce", "warn")])
  for (const file of definitions) {
    if ((await kubectl(["get", "customresourcedefinition", nameOf(file)])).status === 0) continue
    added.push(file)
    expect(await kubectl(["create", "--filename", file])).toMatchObject({ status: 0 })
    await kubectl(["wait", "--for=condition=Established", "--timeout=30s", `customresourcedefinition/${nameOf(file)}`])
  }
})

afterAll(async () => {
  await kubectl(["delete", "namespace", NAMESPACE, "--wait=false"])
  for (const file of added) await kubectl(["delete", "--filename", file, "--wait=false"])
})

describe.each(cases)("$chart with $name", ({ chart, values }) => {
  it("is taken by the API server, by server-side apply and without a warning", async () => {
    const text = await textRendered(chart, values, { namespace: NAMESPACE })
    // What a value puts into another namespace is looked at in ours: that one need not exist.
    const objects = manifestsOf(text).map(({ source: _, metadata, ...object }) => ({
      ...object,
      metadata: { ...metadata, namespace: NAMESPACE },
    }))
    const { status, said } = await kubectl(
      [
        "apply",
        "--server-side",
        "--dry-run=server",
        "--field-manager=helm",
        "--namespace",
        NAMESPACE,
        "--filename",
        "-",
      ],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    )
    expect({ status, said: status === 0 ? "" : said }).toEqual({ status: 0, said: "" })
    expect(said).not.toMatch(/warning/i)
    expect(said.trim().split("\n").length).toBe(objects.length)
  })
})

describe("this test", () => {
  it("would see a variable that is there twice, and a field that does not exist", async () => {
    const container = {
      name: "c",
      image: "i:1",
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ],
    }
    const labels = { app: "x" }
    const template = { metadata: { labels }, spec: { containers: [container] } }
    const spec = { selector: { matchLabels: labels }, template, noSuchField: 1 }
    const { status, said } = await kubectl(
      ["apply", "--server-side", "--dry-run=server", "--namespace", NAMESPACE, "--filename", "-"],
      JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" }, spec }),
    )
    expect(status).toBe(1)
    expect(said).toMatch(/duplicate|noSuchField/)
  })
})
