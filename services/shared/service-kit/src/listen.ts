/** Listening, and saying in one sentence why it cannot be. */
import type { FastifyInstance } from "fastify"
import { ConfigurationError } from "./settings.ts"

export interface Address {
  host: string
  port: number
}

/**
 * Listens; returns the URL.
 * @param setting the environment variable that chooses the port
 * @throws ConfigurationError when the address cannot be had
 */
export async function listen(app: FastifyInstance, { host, port }: Address, setting: string): Promise<string> {
  try {
    // For "localhost" Fastify would open a second server, on ::1, that the drain does not see.
    return await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port })
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    if (code === "EADDRINUSE")
      throw new ConfigurationError([`port ${port} is in use by another process; choose another with ${setting}`])
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new ConfigurationError([`${setting}: this process may not listen on ${host}, port ${port} (${code})`])
    throw error
  }
}

export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")
