/** Bytes sent as they are: what `fetch` would normalise away (duplicate headers, odd targets, CRLF) arrives. */
import { connect } from "node:net"

/**
 * Sends the bytes to a port on loopback and reads until the other side closes; ask for `Connection: close`.
 * @throws Error when it cannot be reached, or does not close within `timeoutMs`
 */
export function sendRaw(port: number, bytes: string | Buffer, { timeoutMs = 5_000 } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    const chunks: Buffer[] = []
    const received = () => Buffer.concat(chunks).toString("utf8")
    const timer = setTimeout(() => {
      socket.destroy(new Error(`not closed within ${timeoutMs} ms; received ${JSON.stringify(received())}`))
    }, timeoutMs)
    socket.on("data", (chunk) => chunks.push(chunk))
    // A server that refuses early resets while we still write: what it said before counts.
    socket.on("error", (error) => (chunks.length > 0 && "code" in error ? resolve(received()) : reject(error)))
    socket.on("close", () => {
      clearTimeout(timer)
      resolve(received())
    })
    socket.write(bytes)
  })
}
