/** An authorization server without a wire, for filling a cache with more answers than a wire would bring in good time. */
import { Dispatcher } from "undici"

/** @param answerTo the form of a question; undefined for a GET */
export function inProcess(answerTo: (form: URLSearchParams | undefined) => object): Dispatcher {
  return new InProcessDispatcher(answerTo)
}

const controller: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => {},
  pause: () => {},
  resume: () => {},
}

class InProcessDispatcher extends Dispatcher {
  readonly #answerTo: (form: URLSearchParams | undefined) => object

  constructor(answerTo: (form: URLSearchParams | undefined) => object) {
    super()
    this.#answerTo = answerTo
  }

  override dispatch({ body }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const answer = JSON.stringify(this.#answerTo(typeof body === "string" ? new URLSearchParams(body) : undefined))
    handler.onRequestStart?.(controller, {})
    handler.onResponseStart?.(controller, 200, { "content-type": "application/json" }, "OK")
    handler.onResponseData?.(controller, Buffer.from(answer))
    handler.onResponseEnd?.(controller, {})
    return true
  }
}
