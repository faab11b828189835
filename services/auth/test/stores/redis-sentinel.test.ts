/** The store contract, on the master that a Sentinel names. */
import { startRedisSentinel } from "@gatehouse/test-kit"
import { openReplicas } from "./connect.ts"
import { describeStores } from "./contract.ts"

describeStores("Redis behind a Sentinel", async (now) => {
  const { sentinels, masterName, stop } = await startRedisSentinel()
  const { replicas, close } = openReplicas({ REDIS_SENTINELS: sentinels, REDIS_SENTINEL_MASTER: masterName }, now)
  return { replicas, close: () => close().finally(stop) }
})
