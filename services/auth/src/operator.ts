#!/usr/bin/env node
/** `gatehouse-auth`: the operator lists and revokes grants, whose stored keys are hashes that nobody could delete by hand, and rotates signing keys. */
import { parseArgs } from "node:util"
import {
  ConfigurationError,
  connectRedis,
  createLogger,
  readSettings,
  redisConfigured,
  redisSettings,
} from "@gatehouse/service-kit"
import { type GrantSelection, listGrants, revokeGrants } from "./domain/operator.ts"
import type { Stores } from "./domain/ports.ts"
import { nextSigningKeys, parseSigningKeysCommand, type SigningKeysCommand } from "./operator-signing-keys.ts"
import { createRedisStores } from "./stores/redis/index.ts"

const usage = `Usage: gatehouse-auth list|revoke --subject SUBJECT | --client CLIENT_ID | --grant GRANT_ID
       gatehouse-auth signing-keys add | use KID | drop KID

  list     shows grants: id, subject, client, scope, resource, when it began, and whether it is alive
  revoke   ends grants with every code, access token and refresh token of them, and tells every resource server

SUBJECT is the "sub" that introspection shows, such as demo|alice.
The environment is that of the authorization server: REDIS_URL, REDIS_KEY_PREFIX, and the other REDIS_ settings.
A client that is revoked may still ask people again; its registration ends 30 days after its last use.

  signing-keys   reads SIGNING_KEYS_FILE and prints the JWK set to put in its place, PRIVATE KEYS INCLUDED; it changes nothing itself
    add          with a new key at the end: published, so that everybody learns it, and not signing yet
    use KID      with this key at the front: it signs
    drop KID     without this key, when the last token that it signed has expired
`

interface GrantCommand {
  verb: "list" | "revoke"
  selection: GrantSelection
}

type Command = GrantCommand | { signingKeys: SigningKeysCommand }

/** Undefined when the arguments are not understood. */
function parseCommand(args: string[]): Command | undefined {
  const [area, ...rest] = args
  if (area !== "signing-keys") return parseGrantCommand(args)
  const signingKeys = parseSigningKeysCommand(rest)
  return signingKeys && { signingKeys }
}

function parseGrantCommand(args: string[]): GrantCommand | undefined {
  const option = { type: "string" } as const
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { subject: option, client: option, grant: option },
  })
  const [verb, ...others] = positionals
  const { subject, client, grant } = values
  const selections: GrantSelection[] = [
    ...(subject ? [{ subject }] : []),
    ...(client ? [{ clientId: client }] : []),
    ...(grant ? [{ grantId: grant }] : []),
  ]
  const [selection, ...more] = selections
  if ((verb !== "list" && verb !== "revoke") || !selection || others.length + more.length > 0) return undefined
  return { verb, selection }
}

async function runOnGrants({ verb, selection }: GrantCommand, stores: Stores): Promise<void> {
  if (verb === "revoke") {
    const count = await revokeGrants(selection, stores)
    process.stdout.write(`${count} ${count === 1 ? "grant" : "grants"} revoked\n`)
    return
  }
  for await (const { grantId, subject, clientId, scope, resource, createdAt, revokedAt } of listGrants(
    selection,
    stores,
  )) {
    const state = revokedAt > 0 ? "revoked" : "alive"
    const columns = [grantId, subject, clientId, scope, resource, new Date(createdAt * 1000).toISOString(), state]
    process.stdout.write(`${columns.join("\t")}\n`)
  }
}

function openStores(): Stores {
  const settings = readSettings(redisSettings, process.env)
  if (!redisConfigured(settings))
    throw new ConfigurationError([
      "Grants are kept in the memory of the authorization server: without Redis they end with it.",
    ])
  const log = createLogger({ name: "gatehouse-auth", level: "silent" })
  const keyPrefix = settings.REDIS_KEY_PREFIX
  return createRedisStores({ redis: connectRedis(settings, log), keyPrefix, now: () => Date.now() / 1000 })
}

async function run(command: Command): Promise<void> {
  if ("signingKeys" in command) {
    process.stdout.write(nextSigningKeys(command.signingKeys, process.env))
    return
  }
  const stores = openStores()
  await runOnGrants(command, stores).finally(() => stores.close())
}

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(usage)
    return 0
  }
  let command: Command | undefined
  try {
    command = parseCommand(args)
  } catch {
    command = undefined // an option that there is not
  }
  if (command === undefined) {
    process.stderr.write(usage)
    return 2
  }
  try {
    await run(command)
    return 0
  } catch (error) {
    process.stderr.write(`gatehouse-auth: ${error instanceof Error ? error.message : "failed"}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
