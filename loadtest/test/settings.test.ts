/** What the scripts read from the environment is what their README says, and what the manifests for a cluster give. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { parseAllDocuments } from "yaml"

const root = join(import.meta.dirname, "../..")
const read = (file: string) => readFileSync(join(root, file), "utf8")
const settings = [
  ...new Set(
    [...read("loadtest/lib/settings.ts").matchAll(/\b(?:given|positive)\("([A-Z_]+)"/g)].map(([, name]) => name),
  ),
].toSorted()

it("the README explains every setting, and no other", () => {
  expect(settings.length).toBeGreaterThan(12)
  const explained = [...read("loadtest/README.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
  expect(explained.toSorted()).toEqual(settings)
})

it.each(["deploy/k6/testrun.yaml", "deploy/k6/job.yaml"])("%s sets only what a script reads", (file) => {
  const [manifest] = parseAllDocuments(read(file)).map((document) => document.toJS())
  const { runner, template } = manifest.spec
  const env: { name: string }[] = runner?.env ?? template.spec.containers[0].env
  const given = env.map(({ name }) => name).filter((name) => !name.startsWith("K6_"))
  expect(given).toContain("CLIENT_SECRET")
  expect(given.filter((name) => !settings.includes(name))).toEqual([])
})
