/** The store contract, on one Redis. */
import { startRedis } from "@gatehouse/test-kit"
import { openReplicas } from "./connect.ts"
import { describeStores } from "./contract.ts"

describeStores("Redis", async (now) => {
  const redis = await startRedis()
  const { replicas, close } = openReplicas({ REDIS_URL: redis.url }, now)
  return { replicas, close: () => close().finally(redis.stop) }
})
