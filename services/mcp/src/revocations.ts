/** News of revocations from the authorization server's Redis, for as long as the process lives. */
import { closeRedis, connectForBlockingReads, type RedisConnection, type ServiceKit } from "@gatehouse/service-kit"
import { followRevocations, type RevocationFeed } from "@gatehouse/token-verifier"

const BLOCK_MS = 500

export interface FollowingOptions {
  redisKeyPrefix: string
  /** How far back it begins: as long as an answer may be used that another replica asked for. */
  memorySeconds?: number
  /** Is told of each revocation how long it took to arrive. */
  onLag?: (seconds: number) => void
}

/** On a connection of its own: the reads wait for news. */
export function openRevocations(
  redis: RedisConnection,
  { redisKeyPrefix, memorySeconds, onLag }: FollowingOptions,
  kit: ServiceKit,
): RevocationFeed {
  const connection = connectForBlockingReads(redis, BLOCK_MS)
  const follower = followRevocations({
    stream: connection,
    keyPrefix: redisKeyPrefix,
    log: kit.log,
    blockMs: BLOCK_MS,
    ...(memorySeconds !== undefined && { memorySeconds }),
    ...(onLag && { onLag }),
  })
  kit.reportHealth("revocations", follower.health)
  kit.onClose(async () => {
    follower.close()
    await closeRedis(connection)
  })
  return follower
}
