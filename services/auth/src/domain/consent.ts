/** Consent: what was asked waits until the person in the same browser approves it or denies it. */
import { OAuthError } from "@gatehouse/oauth"
import type { PendingAuthorization } from "./authorization.ts"
import type { AskedAuthorization, Requester } from "./authorization-request.ts"
import { otherBrowser } from "./browser-binding.ts"
import { hashOf, newSecret } from "./hash.ts"
import type { PendingAuthorizations } from "./ports.ts"

/** How long a person has from the authorization request to the end of sign-in. */
const PENDING_TTL_SECONDS = 600

export interface TransactionDependencies {
  pendingAuthorizations: PendingAuthorizations
  /** Seconds since 1970. */
  now: () => number
}

/** The transaction ended: used, denied, discarded or too old. Which of them, nobody needs to know. */
export class TransactionGone extends OAuthError {
  constructor() {
    super("invalid_request", "This page was used already, or more than 10 minutes have passed.")
  }
}

/** Remembers a checked request, bound to the browser. Returns the transaction's id, of which only the hash is kept. */
export async function beginTransaction(
  requester: Requester,
  asked: AskedAuthorization,
  browserSecret: string,
  { pendingAuthorizations, now }: TransactionDependencies,
): Promise<string> {
  const transaction = newSecret()
  await pendingAuthorizations.save(hashOf(transaction), {
    ...asked,
    clientId: requester.client.clientId,
    redirectUri: requester.redirectUri,
    ...(requester.state !== undefined && { state: requester.state }),
    browserHash: hashOf(browserSecret),
    expiresAt: now() + PENDING_TTL_SECONDS,
  })
  return transaction
}

/**
 * Approves. Approving again, as a double click does, changes nothing.
 * @throws OAuthError `access_denied` for another browser; TransactionGone
 */
export async function approve(
  transaction: string,
  browserSecret: string,
  deps: TransactionDependencies,
): Promise<PendingAuthorization> {
  const pending = await requirePending(transaction, browserSecret, deps)
  const approved = await deps.pendingAuthorizations.approve(hashOf(transaction), deps.now())
  if (!approved) throw new TransactionGone()
  return pending
}

/**
 * Denies: the transaction is over, and the client is told.
 * @throws OAuthError `access_denied` for another browser; TransactionGone
 */
export async function deny(
  transaction: string,
  browserSecret: string,
  deps: TransactionDependencies & { attempt: string },
): Promise<PendingAuthorization> {
  await requirePending(transaction, browserSecret, deps)
  const pending = await deps.pendingAuthorizations.take(hashOf(transaction), deps.attempt)
  if (pending === undefined) throw new TransactionGone()
  return pending
}

async function requirePending(
  transaction: string,
  browserSecret: string,
  { pendingAuthorizations }: TransactionDependencies,
): Promise<PendingAuthorization> {
  const pending = await pendingAuthorizations.find(hashOf(transaction))
  if (pending === undefined) throw new TransactionGone()
  if (pending.browserHash !== hashOf(browserSecret)) throw otherBrowser()
  return pending
}
