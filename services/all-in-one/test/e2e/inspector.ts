/** The MCP Inspector without a screen, and a script in the place of its user. */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Browser } from "./browser.ts"

const binary = resolve(import.meta.dirname, "../../../../node_modules/.bin/mcp-inspector")

/** Runs one Inspector command with its own OAuth flow, signing in as `user`; returns what it printed. */
export async function inspect(mcpUrl: string, args: string[], user: string): Promise<string> {
  const storage = await mkdtemp(join(tmpdir(), "gatehouse-inspector-"))
  const child = spawn(
    process.execPath,
    [binary, "--cli", mcpUrl, "--transport", "http", "--protocol-era", "modern", ...args, "--format", "json"],
    {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: storage,
        MCP_AUTO_OPEN_ENABLED: "true",
        MCP_INSPECTOR_SECRET_STORE: "file",
        MCP_STORAGE_DIR: storage,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  )
  let [stdout, stderr] = ["", ""]
  let answered = false
  child.stdout.on("data", (chunk) => {
    stdout += chunk
  })
  child.stderr.on("data", (chunk) => {
    stderr += chunk
    const url = /Please navigate to: (http\S+)/.exec(stderr)?.[1]
    if (!url || answered) return
    answered = true
    new Browser().authorize(url, user).then(
      (callback) => fetch(callback),
      () => child.kill(),
    )
  })
  const code = await new Promise((exited) => child.on("exit", exited))
  await rm(storage, { recursive: true, force: true })
  if (code !== 0) throw new Error(`the Inspector ended with ${code}: ${stderr}${stdout}`)
  return stdout
}
