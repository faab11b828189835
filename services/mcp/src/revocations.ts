/** News of revocations from the authorization server's Redis, for as long as the process lives. */
import {
  closeRedis,
  connectForBlockingReads,
  describeError,
  type RedisConnection,
  type ServiceKit,
} from "@gatehouse/service-kit"
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
  kit.reportHealth("revocations", () => healthOf(follower))
  kit.onClose(async () => {
    follower.close()
    await closeRedis(connection)
  })
  return follower
}

/** Following is what it is for: down when it does not, whoever looks and whenever it began. */
function healthOf(follower: ReturnType<typeof followRevocations>): object {
  const { outage, lastFailure, ...facts } = follower.health()
  const { type, code, message } = describeError(lastFailure?.error)
  return {
    ...facts,
    ...(outage && { state: "down", reason: outage.reason, since: timeOf(outage.since) }),
    ...(lastFailure && { lastError: { at: timeOf(lastFailure.at), type, code, message } }),
  }
}

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString()
