/** What is in a store for a test of its faults, and one call of each kind on it. */
import { expect } from "vitest"
import type { Stores } from "../../src/domain/ports.ts"
import { aClient, aCode, aGrant, anAccessToken, aPending, aRefreshToken, aRotation, randomHash } from "./records.ts"

export type Issued = Awaited<ReturnType<typeof issueIn>>

/** A grant with a code, an access token and a refresh token. */
export async function issueIn(stores: Stores, now: () => number) {
  const grant = aGrant(now())
  const token = anAccessToken(grant, now() + 900)
  const refreshToken = aRefreshToken(now() + 86_400)
  await stores.grants.create(grant, now() + 600)
  await stores.grants.issue(grant.grantId, token, refreshToken)
  const code = randomHash()
  await stores.authorizationCodes.save(code, aCode(now() + 600, grant.grantId))
  return { grant, grantId: grant.grantId, token, refreshToken, code }
}

/** By name. */
export const everyCall = (
  stores: Stores,
  { grant, grantId, token, refreshToken, code }: Issued,
  now: () => number,
) => ({
  "clients.find": () => stores.clients.find("anybody"),
  "clients.save": () => stores.clients.save(aClient(), now() + 60),
  "clients.renew": () => stores.clients.renew("anybody", now() + 60),
  "pending.save": () => stores.pendingAuthorizations.save(randomHash(), aPending(now() + 60)),
  "pending.find": () => stores.pendingAuthorizations.find(randomHash()),
  "pending.approve": () => stores.pendingAuthorizations.approve(randomHash(), now()),
  "pending.take": () => stores.pendingAuthorizations.take(randomHash(), "one"),
  "pending.discard": () => stores.pendingAuthorizations.discard(randomHash()),
  "codes.save": () => stores.authorizationCodes.save(randomHash(), aCode(now() + 60)),
  "codes.find": () => stores.authorizationCodes.find(grantId, code),
  "codes.take": () => stores.authorizationCodes.take(grantId, randomHash(), "one"),
  "codes.recordFailure": () => stores.authorizationCodes.recordFailure(grantId, randomHash(), 5),
  "grants.create": () => stores.grants.create(aGrant(now()), now() + 60),
  "grants.find": () => stores.grants.find(grantId),
  "grants.issue": () => stores.grants.issue(grantId, anAccessToken(grant, now() + 60)),
  "grants.rotate": () => stores.grants.rotate(aRotation(grant, randomHash(), now())),
  "grants.introspect": () => stores.grants.introspect(grantId, token.hash),
  "grants.hasRefreshToken": () => stores.grants.hasRefreshToken(grantId, refreshToken.hash),
  "grants.revokeAccessToken": () => stores.grants.revokeAccessToken(grantId, randomHash()),
  "grants.revoke": () => stores.grants.revoke(aGrant(0).grantId),
  "grants.list": async () => {
    for await (const page of stores.grants.list(grant)) expect(page).toContain(grantId)
  },
  "revocations.publish": () => stores.revocations.publish({ kind: "grant", grantId }),
  "replays.first": () => stores.replays.first(randomHash(), "one", now() + 60),
  "developmentKeys.findOrSave": () => stores.developmentKeys.findOrSave("keys"),
  warnings: () => stores.warnings(),
  ping: () => stores.ping(),
})
