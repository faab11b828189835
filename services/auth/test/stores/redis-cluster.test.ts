/** The store contract, on a Redis Cluster: nothing that must be atomic crosses a slot. */
import { startRedisCluster } from "@gatehouse/test-kit"
import { openReplicas } from "./connect.ts"
import { describeStores } from "./contract.ts"

describeStores("Redis Cluster", async (now) => {
  const cluster = await startRedisCluster()
  const { replicas, close } = openReplicas({ REDIS_CLUSTER_NODES: cluster.nodes }, now)
  return { replicas, close: () => close().finally(cluster.stop) }
})
