/** How the process ends: by a signal or an error nobody caught, by itself when nothing is left to do, by force at a deadline. */
import type { Logger } from "pino"
import { describeError } from "./logger.ts"
import { ConfigurationError } from "./settings.ts"

export interface ProcessEnd {
  log: Logger
  shutdown: (reason: string) => Promise<void>
  /** From the first signal to force. */
  deadlineMs: number
}

/** Hears signals and uncaught errors; returns how to stop hearing. */
export function onProcessEnd({ log, shutdown, deadlineMs }: ProcessEnd): () => void {
  let ending = false
  const end = (reason: string) => {
    if (ending) process.exit(1) // asked twice: somebody is waiting
    ending = true
    // Unreferenced: it fires only in a process that something else keeps alive.
    setTimeout(() => {
      log.fatal("did not end in time")
      process.exit(1)
    }, deadlineMs).unref()
    void shutdown(reason)
  }
  const onError = (error: unknown) => {
    log.fatal({ err: error }, "an error that nobody caught")
    process.exitCode = 1
    if (!ending) end("error")
  }
  const onSignal = (signal: string) => end(signal)
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal).on("uncaughtException", onError)
  return () => void process.off("SIGTERM", onSignal).off("SIGINT", onSignal).off("uncaughtException", onError)
}

/** Runs a service's start. When it fails, says why on stderr (a wrong setting a line, no stack) and ends with code 1. */
export async function runProcess(name: string, start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    const lines =
      error instanceof ConfigurationError ? error.problems : [JSON.stringify(describeError(error), undefined, 2)]
    process.stderr.write(`${name} cannot start:\n${lines.map((line) => `  ${line}\n`).join("")}`)
    process.exit(1)
  }
}
