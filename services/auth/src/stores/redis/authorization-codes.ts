/** Authorization codes, in Redis. */
import type { CodeAuthorization } from "../../domain/authorization.ts"
import type { AuthorizationCodes, TakenCode } from "../../domain/ports.ts"
import { ttlMs } from "./records.ts"
import { RECORD_FAILURE, TAKE } from "./scripts/records.ts"
import type { StoreParts } from "./store-parts.ts"

export function createAuthorizationCodes({ commands, keys, records, now }: StoreParts): AuthorizationCodes {
  const takenCode = (key: string, value: string | null | undefined, attempt?: string): TakenCode => {
    const record = records.parse(key, value)
    const authorization = records.bodyOf<CodeAuthorization>(key, record, ["grantId", "clientId", "codeChallenge"])
    if (!authorization) return { kind: "unknown" }
    return { kind: record?.["takenBy"] === attempt ? "taken" : "used", authorization }
  }
  return {
    async save(code, authorization) {
      const { grantId, expiresAt } = authorization
      const value = JSON.stringify({ body: JSON.stringify(authorization), failures: 0, expiresAt })
      await commands.set(keys.code(grantId, code), value, ttlMs(expiresAt, now()))
    },
    async find(grantId, code) {
      const key = keys.code(grantId, code)
      return takenCode(key, await commands.get(key))
    },
    async take(grantId, code, attempt) {
      const key = keys.code(grantId, code)
      return takenCode(key, (await commands.run(TAKE, [key], [now(), attempt])) as string | null, attempt)
    },
    async recordFailure(grantId, code, limit) {
      return Number(await commands.run(RECORD_FAILURE, [keys.code(grantId, code)], [now(), limit]))
    },
  }
}
