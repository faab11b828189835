/** "We cannot tell": thrown wherever an authority gives no usable word, and never turned into a verdict about the token. */
import type { UnavailableReason } from "./validation.ts"

const DEFAULT_RETRY_AFTER_SECONDS = 5

/** `retryAfterSeconds`: whole seconds after which asking again may help. `cause` is for the log. */
export class Unavailable extends Error {
  override readonly name = "Unavailable"
  readonly reason: UnavailableReason
  readonly retryAfterSeconds: number

  constructor(reason: UnavailableReason, options: { cause?: unknown; retryAfterSeconds?: number | undefined } = {}) {
    super(`the authorization server gave no usable answer: ${reason}`, { cause: options.cause })
    this.reason = reason
    this.retryAfterSeconds = options.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS
  }
}
