/** `npm run dev:external`: both services as two processes, restarted when a source changes. With AUTH_SERVER_URL set, only the MCP service. */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { welcome } from "./welcome.ts"

const services = resolve(import.meta.dirname, "../..")
const env = process.env
const { values: options } = parseArgs({ options: { "auth-port": { type: "string", default: "3001" } } })

const port = env["PORT"] ?? "3232"
const managementPort = env["MANAGEMENT_PORT"] ?? "9464"
const ownIssuer = `http://localhost:${options["auth-port"]}`
const issuer = env["AUTH_SERVER_URL"] ?? ownIssuer
const baseUri = env["BASE_URI"] ?? `http://localhost:${port}`
const resource = env["RESOURCE_URL"] ?? `${baseUri.replace(/\/$/, "")}/mcp`
// Made up for this run, and told to both.
const secret = env["INTROSPECTION_CLIENT_SECRET"] ?? randomBytes(32).toString("base64url")
const credentials = {
  INTROSPECTION_CLIENT_ID: env["INTROSPECTION_CLIENT_ID"] ?? "mcp",
  ...(env["INTROSPECTION_CLIENT_SECRET_FILE"] === undefined && { INTROSPECTION_CLIENT_SECRET: secret }),
}

const mcp = {
  AUTH_MODE: "external",
  AUTH_SERVER_URL: issuer,
  PORT: port,
  MANAGEMENT_PORT: managementPort,
  BASE_URI: baseUri,
  ...(issuer === ownIssuer ? credentials : {}),
}
const auth = {
  PORT: options["auth-port"],
  MANAGEMENT_PORT: String(Number(managementPort) + 1),
  BASE_URI: ownIssuer,
  RESOURCES: resource,
  ...credentials,
}

const start = (service: string, own: Record<string, string>): ChildProcess =>
  spawn(
    process.execPath,
    ["--conditions=source", "--watch", "--watch-preserve-output", `${services}/${service}/src/main.ts`],
    { env: { ...env, ...own }, stdio: "inherit" },
  )

const children = issuer === ownIssuer ? [start("auth", auth), start("mcp", mcp)] : [start("mcp", mcp)]
// Ctrl+C reaches them too; they end in order, and this process with them.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal)
  })

const ready = async (): Promise<boolean> => {
  const answers = await fetch(`http://127.0.0.1:${managementPort}/readyz`).catch(() => undefined)
  return answers?.ok ?? false
}
const ended = Promise.race(children.map((child) => once(child, "exit")))
let running = true
void ended.then(() => {
  running = false
})
while (running && !(await ready())) await new Promise((later) => setTimeout(later, 100))
if (running)
  console.log(
    welcome({
      config: { baseUri: issuer, resource },
      onRedis: env["REDIS_URL"] !== undefined,
      managementUrl: `http://127.0.0.1:${managementPort}`,
    }),
  )
await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")))
