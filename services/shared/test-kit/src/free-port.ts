/** Ports that nobody listens on; and what to do when somebody was quicker. */
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** Starts a server on a free port; on another one when it says that somebody else took it meanwhile. */
export async function onFreePort<T>(start: (port: number) => Promise<T>, attempts = 3): Promise<T> {
  try {
    return await start(await findFreePort())
  } catch (error) {
    if (attempts === 1 || !/already in use/i.test(String(error))) throw error
    return onFreePort(start, attempts - 1)
  }
}
