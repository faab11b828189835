/** Sign-in: the step between approval and code. The browser that approved is the browser that finishes. */
import { OAuthError } from "@gatehouse/oauth"
import type { PendingAuthorization } from "./authorization.ts"
import { otherBrowser } from "./browser-binding.ts"
import { type TransactionDependencies, TransactionGone } from "./consent.ts"
import { hashOf } from "./hash.ts"

/**
 * The approved authorization that this browser may sign in for.
 * @param browserSecret undefined when the browser sent none
 * @throws OAuthError `access_denied` for another browser, and then the transaction is over: whoever approved has passed the
 * link on, and the person who follows it would sign in for them. TransactionGone; `invalid_request` before approval
 */
export async function requireApproved(
  transaction: string,
  browserSecret: string | undefined,
  { pendingAuthorizations }: TransactionDependencies,
): Promise<PendingAuthorization> {
  const id = hashOf(transaction)
  const pending = await pendingAuthorizations.find(id)
  if (pending === undefined) throw new TransactionGone()
  if (browserSecret === undefined || pending.browserHash !== hashOf(browserSecret)) {
    await pendingAuthorizations.discard(id)
    throw otherBrowser()
  }
  if (pending.approvedAt === undefined) throw new OAuthError("invalid_request", "The app has not been approved yet.")
  return pending
}

/**
 * Ends the transaction: of fifty that ask at once, one may mint the code.
 * @throws TransactionGone
 */
export async function finishTransaction(
  transaction: string,
  { pendingAuthorizations, attempt }: TransactionDependencies & { attempt: string },
): Promise<PendingAuthorization> {
  const pending = await pendingAuthorizations.take(hashOf(transaction), attempt)
  if (pending === undefined) throw new TransactionGone()
  return pending
}
