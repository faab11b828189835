/** ioredis with an end to waiting: in time, in number, and for what nobody waits for any more. */
import type { Socket } from "node:net"
import { Cluster, Redis } from "ioredis"
import { traceCommand } from "./tracing/redis-spans.ts"

/** From asking to answer, waiting for a connection included. Two commands in a row stay below 2 s. */
export const COMMAND_TIMEOUT_MS = 900

const MAX_WAITING = 1_000

type Command = Parameters<Redis["sendCommand"]>[0]

/** Whether a command may go on. A queue is emptied only on reconnection, and may then hold what was long answered 503: that must not run late. */
function admits(command: Command, status: string, waiting: number): boolean {
  if (command.isSettled) return false
  // In "connect" and "ready" commands are written, those of the handshake first.
  if (status === "connect" || status === "ready" || waiting < MAX_WAITING) return true
  command.reject(new Error("too many commands wait for Redis"))
  return false
}

/** Hears of each command once, however often it had to be sent. */
export interface CommandObserver {
  /** @param startedMs by `performance.now()`; @param error undefined when Redis answered */
  settled(command: string, startedMs: number, error?: unknown): void
}

const OBSERVED = Symbol("observed")

/** ioredis sends a command again after a reconnection or a redirection: what is measured is the whole of it. */
function observe(command: Command & { [OBSERVED]?: true }, observer: CommandObserver | undefined): void {
  if (observer === undefined || command[OBSERVED]) return
  command[OBSERVED] = true // on itself: a WeakSet of what lives so briefly is work for the garbage collector
  const startedMs = performance.now()
  command.promise.then(
    () => observer.settled(command.name, startedMs),
    (error: unknown) => observer.settled(command.name, startedMs, error),
  )
}

export class BoundedRedis extends Redis {
  declare observer?: CommandObserver
  #corked: Socket | undefined

  override sendCommand(...args: Parameters<Redis["sendCommand"]>): unknown {
    observe(args[0], this.observer)
    traceCommand(args[0], this.options.sentinels ? undefined : this.options)
    if (!admits(args[0], this.status, this["offlineQueue"].length)) return args[0].promise
    this.#writeTogether()
    return super.sendCommand(...args)
  }

  /** What is sent in one turn of the event loop leaves in one write: under load a system call less for nearly every command. */
  #writeTogether(): void {
    const stream: Socket | undefined = this.stream // none before the first connection
    if (stream === undefined || stream === this.#corked) return
    this.#corked = stream
    stream.cork()
    setImmediate(() => {
      this.#corked = undefined
      stream.uncork()
    })
  }
}

/** ioredis bounds a command's time from when a node has it. While no node is known it would wait forever. */
export class BoundedCluster extends Cluster {
  declare observer?: CommandObserver

  override sendCommand(...args: Parameters<Cluster["sendCommand"]>): unknown {
    observe(args[0], this.observer)
    traceCommand(args[0])
    if (!admits(args[0], this.status, this["offlineQueue"].length)) return args[0].promise
    args[0].setTimeout(COMMAND_TIMEOUT_MS)
    return super.sendCommand(...args)
  }
}
