/** "We cannot tell": thrown wherever an authority gives no usable word, and never turned into a verdict about the token. */
import type { UnavailableReason } from "./validation.ts"

const DEFAULT_RETRY_AFTER_SECONDS = 5

// What may be gone at the next try. An answer that cannot be read stays so, and our own credentials stay wrong.
const passing: ReadonlySet<UnavailableReason> = new Set(["timeout", "network", "refused", "rate_limited"])

export interface UnavailableOptions {
  /** For the log. */
  cause?: unknown
  /** Whole seconds after which asking again may help; default 5. */
  retryAfterSeconds?: number | undefined
  /** Whether the same question may be answered at the next try; by the reason when absent. */
  retryable?: boolean
  /** The server is well, and will not answer this one question. */
  questionRefused?: boolean
}

export class Unavailable extends Error {
  override readonly name = "Unavailable"
  readonly reason: UnavailableReason
  readonly retryAfterSeconds: number
  /** The server named the pause itself (`Retry-After`). */
  readonly askedToWait: boolean
  /** Whether the same question may be answered at the next try. */
  readonly retryable: boolean
  /** The server is well, and will not answer this one question: whoever sends such tokens must not cut it off for others. */
  readonly questionRefused: boolean

  constructor(reason: UnavailableReason, options: UnavailableOptions = {}) {
    super(`the authorization server gave no usable answer: ${reason}`, { cause: options.cause })
    this.reason = reason
    this.retryAfterSeconds = options.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS
    this.askedToWait = options.retryAfterSeconds !== undefined
    this.retryable = options.retryable ?? passing.has(reason)
    this.questionRefused = options.questionRefused ?? false
  }
}
