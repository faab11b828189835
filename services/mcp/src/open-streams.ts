/** The streams that are open: how many a subject has, and the end of each when its token or grant ends. */
import type { RevocationEvent } from "@gatehouse/oauth"
import { type Caller, losesToken, ownerKeyOf } from "./caller.ts"

const MAX_STANDING_STREAMS = 50

/** Hears of the streams that are open for it: a session with an open stream is not idle. */
export interface StreamHolder {
  streamOpened(): void
  streamClosed(): void
}

export interface StreamTerms {
  caller: Caller
  /** Open until somebody ends it (GET, `subscriptions/listen`); otherwise it is the answer to one call. */
  standing: boolean
  holder?: StreamHolder | undefined
  /** The call that it answers: waited for at the end. A standing stream has one when it takes up an answer that broke off. */
  call?: { id: unknown } | undefined
}

/** A stream's place among the open ones. Whoever takes it carries a response in it. */
interface StreamPlace {
  /**
   * Wraps the body of an event stream, so that it can be ended from here; gives the place back for any other response.
   * @param gone aborted when the client has gone, which may be before anybody reads the body
   * @param onEnd called when the stream is over
   */
  carry(response: Response, gone: AbortSignal, onEnd?: () => void): Response
  release(): void
}

export interface OpenStreams {
  /** Undefined when the subject has its number of standing streams already. Counted from here on, so that no race exceeds it. */
  take(terms: StreamTerms): StreamPlace | undefined
  /** Ends every stream of a revoked token or grant. */
  endRevoked(event: RevocationEvent): void
  /** Ends standing streams: those whose token has expired, or all. */
  endExpired(now: number): void
  endStanding(): void
  /** Ends standing streams that answer no call. */
  endIdle(): void
  /** The client waits for this answer no more, and none comes: its stream stays open until somebody ends it. */
  callCancelled(holder: StreamHolder, id: unknown): void
  /** Resolves when every call is answered to its end. */
  untilAnswered(): Promise<void>
  size(): number
}

interface OpenStream extends StreamTerms {
  end: () => void
}

export function createOpenStreams(): OpenStreams {
  const open = new Set<OpenStream>()
  const standing = new Map<string, number>()
  const waiting = new Set<() => void>()

  const tellIfAnswered = () => {
    if (waiting.size > 0 && isAnswered()) for (const resolve of waiting) resolve()
  }
  const isAnswered = () => [...open].every(({ call }) => call === undefined)
  const count = (terms: StreamTerms, change: 1 | -1) => {
    if (change === 1) terms.holder?.streamOpened()
    else terms.holder?.streamClosed()
    if (!terms.standing) return
    const key = ownerKeyOf(terms.caller)
    const left = (standing.get(key) ?? 0) + change
    if (left > 0) standing.set(key, left)
    else standing.delete(key)
  }
  const endWhere = (ends: (stream: OpenStream) => boolean) => {
    for (const stream of [...open]) if (ends(stream)) stream.end()
  }
  return {
    take(terms) {
      if (terms.standing && (standing.get(ownerKeyOf(terms.caller)) ?? 0) >= MAX_STANDING_STREAMS) return undefined
      const stream: OpenStream = { ...terms, end: () => {} }
      open.add(stream)
      count(terms, 1)
      const release = () => {
        if (!open.delete(stream)) return
        count(terms, -1)
        tellIfAnswered()
      }
      return { carry: (response, gone, onEnd) => carry(response, { stream, release, gone, onEnd }), release }
    },
    endRevoked: (event) => endWhere(({ caller }) => losesToken(event, caller)),
    endExpired: (now) => endWhere((stream) => stream.standing && stream.caller.expiresAt <= now),
    endStanding: () => endWhere((stream) => stream.standing),
    endIdle: () => endWhere((stream) => stream.standing && stream.call === undefined),
    callCancelled(holder, id) {
      for (const stream of open) if (stream.holder === holder && stream.call?.id === id) stream.call = undefined
      tellIfAnswered()
    },
    untilAnswered: () => (isAnswered() ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    size: () => open.size,
  }
}

export const isEventStream = (response: Response): boolean =>
  response.body !== null && (response.headers.get("content-type") ?? "").startsWith("text/event-stream")

interface Carried {
  stream: OpenStream
  release: () => void
  gone: AbortSignal
  onEnd: (() => void) | undefined
}

function carry(response: Response, { stream, release, gone, onEnd }: Carried): Response {
  if (!isEventStream(response) || response.body === null) {
    release()
    return response
  }
  const reader = response.body.getReader()
  let ended = false
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // A comment, so that the headers go out now and not with the first event.
      if (stream.standing) controller.enqueue(new TextEncoder().encode(": open\n\n"))
      stream.end = () => {
        if (ended) return
        ended = true
        release()
        onEnd?.()
        controller.close()
        void reader.cancel().catch(() => {})
      }
    },
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) stream.end()
      else if (!ended) controller.enqueue(value)
    },
    cancel: () => stream.end(),
  })
  if (gone.aborted) stream.end()
  else gone.addEventListener("abort", stream.end, { once: true })
  const headers = new Headers(response.headers)
  headers.delete("connection") // whether the connection stays is for the process to say
  return new Response(body, { status: response.status, headers })
}
