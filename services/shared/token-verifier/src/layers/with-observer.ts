/** How the requests to an authorization server end, and how long they take: told to whoever counts. */
import type { Introspect } from "../introspection.ts"
import { INTROSPECTION_RESULTS, type IntrospectionResult, type ServerObserver } from "../observer.ts"
import { Unavailable } from "../unavailable.ts"

export interface WatchedOptions {
  observer: Pick<ServerObserver, "introspected">
  /** Monotonic seconds. */
  uptime: () => number
}

/** Around a single request, its time limit included: what is never sent is not told. */
export const withObserver =
  ({ observer, uptime }: WatchedOptions, ask: Introspect): Introspect =>
  async (token, signal) => {
    const begunAt = uptime()
    const tell = (result: IntrospectionResult) => observer.introspected(result, uptime() - begunAt)
    try {
      const answer = await ask(token, signal)
      tell(answer.active ? "active" : "inactive")
      return answer
    } catch (error) {
      tell(resultOf(error))
      throw error
    }
  }

const results: ReadonlySet<string> = new Set(INTROSPECTION_RESULTS)

const resultOf = (error: unknown): IntrospectionResult =>
  error instanceof Unavailable && results.has(error.reason) ? (error.reason as IntrospectionResult) : "error"
