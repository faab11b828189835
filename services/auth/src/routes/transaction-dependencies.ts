/** What the steps of a transaction need of the service, cut out for one request. */
import { randomUUID } from "node:crypto"
import type { AuthDependencies } from "../dependencies.ts"
import type { TransactionDependencies } from "../domain/consent.ts"

/** `attempt` names this request: a command that Redis gets twice is one attempt. */
export const transactionDependencies = ({
  stores,
  now,
}: AuthDependencies): TransactionDependencies & { attempt: string } => ({
  pendingAuthorizations: stores.pendingAuthorizations,
  now,
  attempt: randomUUID(),
})
