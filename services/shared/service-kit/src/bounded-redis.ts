/** ioredis with an end to waiting: in time, in number, and for what nobody waits for any more. */
import { Cluster, Redis } from "ioredis"

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

export class BoundedRedis extends Redis {
  override sendCommand(...args: Parameters<Redis["sendCommand"]>): unknown {
    if (!admits(args[0], this.status, this["offlineQueue"].length)) return args[0].promise
    return super.sendCommand(...args)
  }
}

/** ioredis bounds a command's time from when a node has it. While no node is known it would wait forever. */
export class BoundedCluster extends Cluster {
  override sendCommand(...args: Parameters<Cluster["sendCommand"]>): unknown {
    if (!admits(args[0], this.status, this["offlineQueue"].length)) return args[0].promise
    args[0].setTimeout(COMMAND_TIMEOUT_MS)
    return super.sendCommand(...args)
  }
}
