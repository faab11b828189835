/** `gatehouse-auth signing-keys`, as an operator runs it: each step of a rotation, on the file that a pod has mounted. */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createSigningKey } from "@gatehouse/release"
import { createLocalJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from "jose"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseSigningKeys } from "../src/domain/signing-keys.ts"
import { parseSigningKeysCommand } from "../src/operator-signing-keys.ts"

let directory = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gatehouse-rotation-"))
})
afterAll(() => rm(directory, { recursive: true }))

interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** @param set what SIGNING_KEYS_FILE holds */
async function run(set: string, ...args: string[]): Promise<Ran> {
  const file = join(directory, "signing-keys.json")
  await writeFile(file, set)
  const command = ["--conditions=source", join(import.meta.dirname, "../src/operator.ts"), "signing-keys", ...args]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, { env: { SIGNING_KEYS_FILE: file } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

async function next(set: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(set, ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return stdout
}

const keysOf = (set: string): JWK[] => JSON.parse(set).keys
const kidsOf = (set: string) => keysOf(set).map(({ kid }) => kid)
const signedBy = async (set: string) => decodeProtectedHeader(await parseSigningKeys(set).sign({ sub: "a" })).kid
const first = { ...createSigningKey(new Date("2026-01-31T00:00:00Z")), exp: 2_000_000_000 }
const start = JSON.stringify({ keys: [first] })

describe("OAuth signing keys, rotated by an operator", () => {
  it("M8 publishes the new key before it signs, and keeps the old one until the operator drops it", async () => {
    const added = await next(start, "add")
    const [, second] = keysOf(added)
    const kid = second?.kid ?? ""
    expect(kidsOf(added)).toEqual([first.kid, kid])
    expect(await signedBy(added)).toBe(first.kid)
    const used = await next(added, "use", kid)
    expect(kidsOf(used)).toEqual([kid, first.kid])
    expect(await signedBy(used)).toBe(kid)
    const token = await parseSigningKeys(start).sign({ sub: "a" })
    const published = parseSigningKeys(used).jwks.keys as JWK[]
    await expect(jwtVerify(token, createLocalJWKSet({ keys: published }))).resolves.toBeDefined()
    const dropped = await next(used, "drop", first.kid)
    expect(kidsOf(dropped)).toEqual([kid])
  })

  it("makes a new key each time, ES256, with the day in its kid", async () => {
    const [one, two] = [keysOf(await next(start, "add"))[1], keysOf(await next(start, "add"))[1]]
    expect(one).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig", d: expect.any(String) })
    expect(one?.d).not.toBe(two?.d)
    expect(one?.kid).not.toBe(two?.kid)
    expect(first.kid).toMatch(/^2026-01-31-[0-9a-f]{8}$/)
  })

  it("keeps what the operator wrote into a key", async () => {
    expect(keysOf(await next(start, "add"))[0]).toEqual(first)
  })

  it("will not drop the key that signs", async () => {
    const { code, stdout, stderr } = await run(start, "drop", first.kid)
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toContain(`${first.kid} is the key that signs`)
  })

  it.each(["use", "drop"])("names the keys that there are, when %s is given another", async (verb) => {
    const { code, stdout, stderr } = await run(start, verb, "nobody")
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toContain(`there is no key nobody: there are ${first.kid}`)
  })

  it("says of a file that it cannot use which it is and why, and shows none of it", async () => {
    const { code, stdout, stderr } = await run(JSON.stringify({ keys: [{ ...first, kid: undefined }] }), "add")
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toMatch(/^gatehouse-auth: SIGNING_KEYS_FILE \/.*signing-keys\.json: keys\[0\] has no kid\n$/)
    expect(stderr).not.toContain(first.d)
  })

  it("ends with 2 and its usage when it is not understood", async () => {
    const { code, stdout, stderr } = await run(start, "use")
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toContain("signing-keys add | use KID | drop KID")
    for (const args of [[], ["add", "a"], ["drop"], ["drop", "a", "b"], ["list"]])
      expect(parseSigningKeysCommand(args), args.join(" ")).toBeUndefined()
  })
})
