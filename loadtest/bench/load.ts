/** Sends requests to a server over a few connections, and holds each answer against what is right. */
import { Pool } from "undici"

/** A request that is sent again and again. */
export interface FittingLoad {
  method: "GET" | "POST"
  path: string
  headers: Record<string, string>
  body?: string
}

/** How a right answer is known. */
export interface RightAnswer {
  status: number
  /** Stands in its body. */
  contains: string
}

export interface Target {
  name: string
  port: number
  right: RightAnswer
  /** What the request of this number is. */
  loadOf(number: number): FittingLoad
}

export interface SendOptions {
  requests: number
  connections?: number
  /** Is told what each request took, from asking to the end of the answer. */
  onAnswer?: (milliseconds: number) => void
}

const CONNECTIONS = 32

/** Every connection asks again as soon as it is answered. @throws Error at the first wrong answer */
export async function send(
  { name, port, right, loadOf }: Target,
  { requests, connections = CONNECTIONS, onAnswer }: SendOptions,
): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections })
  let sent = 0
  const worker = async () => {
    while (sent < requests) {
      const { method, path, headers, body } = loadOf(sent++)
      const asked = performance.now()
      const answer = await pool.request({ method, path, headers, ...(body !== undefined && { body }) })
      const text = await answer.body.text()
      onAnswer?.(performance.now() - asked)
      if (answer.statusCode !== right.status || !text.includes(right.contains))
        throw new Error(`${name}: ${answer.statusCode} ${text.slice(0, 200)}`)
    }
  }
  const rest = stayAwake()
  try {
    await Promise.all(Array.from({ length: connections }, worker))
  } finally {
    rest()
    await pool.destroy()
  }
}

/**
 * Waking a process that sleeps is paid for by the one that writes to it: a server that is slower than the load would be charged
 * for it at each answer, a fast one never. So the load never sleeps, on a core of its own.
 */
function stayAwake(): () => void {
  let awake = true
  const turn = () => void (awake && setImmediate(turn))
  turn()
  return () => {
    awake = false
  }
}
