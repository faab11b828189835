/** Requests as text, for a raw socket, and what is read from the answer. */
import type { FastifyInstance } from "fastify"

export async function listening(app: FastifyInstance): Promise<number> {
  await app.listen({ host: "127.0.0.1", port: 0 })
  return (app.server.address() as { port: number }).port
}

export const requestText = (target: string, { method = "GET", headers = [] as string[], body = "" } = {}): string =>
  [
    `${method} ${target} HTTP/1.1`,
    ...(headers.some((header) => /^host:/i.test(header)) ? [] : ["Host: 127.0.0.1"]),
    "Connection: close",
    ...(body ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
    ...headers,
    "",
    body,
  ].join("\r\n")

export const statusOf = (answer: string): number => Number(answer.split(" ", 2)[1])
