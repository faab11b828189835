/** What an operator does to grants: page by page, so that a hundred thousand of them do not fill memory. */
import type { RevocationEvent } from "@gatehouse/oauth"
import type { Grant } from "./authorization.ts"
import type { Stores } from "./ports.ts"

export type GrantSelection = { subject: string } | { clientId: string } | { grantId: string }

type OperatorStores = Pick<Stores, "grants" | "revocations">

/** Grants that are still remembered, revoked ones included. */
export async function* listGrants(selection: GrantSelection, { grants }: OperatorStores): AsyncIterable<Grant> {
  for await (const page of pagesOf(selection, grants)) {
    const found = await Promise.all(page.map((grantId) => grants.find(grantId)))
    yield* found.filter((grant) => grant !== undefined)
  }
}

/**
 * Revokes, codes that are not redeemed yet included, and tells resource servers. Returns how many. Breaking off in the middle does
 * no harm: done again, it does the rest.
 */
export async function revokeGrants(
  selection: GrantSelection,
  { grants, revocations }: OperatorStores,
): Promise<number> {
  let count = 0
  for await (const page of pagesOf(selection, grants)) {
    await Promise.all(page.map((grantId) => grants.revoke(grantId)))
    count += page.length
  }
  await revocations.publish(eventOf(selection))
  return count
}

async function* pagesOf(selection: GrantSelection, grants: Stores["grants"]): AsyncIterable<readonly string[]> {
  if ("grantId" in selection) yield [selection.grantId]
  else yield* grants.list(selection)
}

const eventOf = (selection: GrantSelection): RevocationEvent => {
  if ("subject" in selection) return { kind: "subject", subject: selection.subject }
  if ("clientId" in selection) return { kind: "client", clientId: selection.clientId }
  return { kind: "grant", grantId: selection.grantId }
}
