/** Programs that a step runs: what they print when they succeed, or one error that says what they said. Each has a bound. */
import { type ChildProcess, spawn } from "node:child_process"

export interface CommandOptions {
  /** What it reads from its standard input. */
  input?: string
  timeoutMs?: number
  /** Beyond the environment of this process. */
  env?: Record<string, string>
  cwd?: string
}

const environment = (more: Record<string, string> = {}) => ({ ...process.env, ...more })

/** What it printed on its standard output. @throws Error with the end of what it said */
export function runCommand(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input = "", timeoutMs = 60_000, env, ...rest } = options
  const child = spawn(program, args, { ...rest, env: environment(env), stdio: "pipe", timeout: timeoutMs })
  const printed = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text))
  child.stdin.on("error", () => {}) // it ended without reading
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${program} cannot be started: ${error.message}`)))
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(printed.stdout)
      const how = signal === null ? `exit code ${code}` : `no end within ${timeoutMs / 1000} s`
      const said = (printed.stderr.trim() || printed.stdout.trim()).split("\n").slice(-12).join("\n")
      reject(new Error(`${[program, ...args].join(" ").slice(0, 300)}: ${how}\n${said}`))
    })
  })
}

export interface RunningCommand {
  /** All that it has printed, on both outputs. */
  output(): string
  ended: Promise<number | null>
  stop(): void
}

/** A program that goes on until it is stopped. */
export function startCommand(program: string, args: readonly string[], env: Record<string, string>): RunningCommand {
  const child: ChildProcess = spawn(program, args, { env: environment(env), stdio: ["ignore", "pipe", "pipe"] })
  let printed = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed += text
    })
  const ended = new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null))
    child.on("close", resolve)
  })
  return { output: () => printed, ended, stop: () => void child.kill() }
}
