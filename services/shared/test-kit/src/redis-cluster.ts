/** A Redis Cluster of three masters without replicas: enough for everything that slots forbid. */
import { execFile } from "node:child_process"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"
import { askRedis } from "./ask-redis.ts"
import { findFreePort, onFreePort } from "./free-port.ts"
import { type RedisProcess, startRedisProcess } from "./redis-process.ts"

const AGREE_TIMEOUT_MS = 20_000

export interface RedisCluster {
  /** As `REDIS_CLUSTER_NODES` and ioredis want them. */
  nodes: { host: string; port: number }[]
  processes: RedisProcess[]
  stop(): Promise<void>
}

/** @throws Error when redis-server or redis-cli is missing, or the nodes do not agree */
export async function startRedisCluster(): Promise<RedisCluster> {
  const processes: RedisProcess[] = []
  const stop = async () => void (await Promise.all(processes.map((node) => node.stop())))
  try {
    for (let i = 0; i < 3; i++) processes.push(await startNode())
    const addresses = processes.map(({ port }) => `127.0.0.1:${port}`)
    await promisify(execFile)("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"])
    for (const { port } of processes) await untilAgreed(port)
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes: processes.map(({ port }) => ({ host: "127.0.0.1", port })), processes, stop }
}

const startNode = (): Promise<RedisProcess> =>
  onFreePort(async (port) => {
    const busPort = await findFreePort() // the default, 10000 above, may not exist
    const config = `cluster-enabled yes\ncluster-port ${busPort}\ncluster-node-timeout 2000`
    return startRedisProcess(port, config)
  })

async function untilAgreed(port: number): Promise<void> {
  const deadline = Date.now() + AGREE_TIMEOUT_MS
  while (!(await askRedis(port, "CLUSTER", "INFO")).includes("cluster_state:ok")) {
    if (Date.now() > deadline) throw new Error(`the cluster of port ${port} is not ok after ${AGREE_TIMEOUT_MS} ms`)
    await pause(50)
  }
}
