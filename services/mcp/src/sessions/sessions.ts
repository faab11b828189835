/** MCP sessions of the 2025 revisions, in this process's memory. Each belongs to one subject of one issuer. */
import { randomUUID } from "node:crypto"
import type { RevocationEvent } from "@gatehouse/oauth"
import {
  type AuthInfo,
  type McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server"
import { type Caller, losesGrant, ownerKeyOf } from "../caller.ts"
import type { Message } from "../json-rpc.ts"
import type { StreamHolder } from "../open-streams.ts"
import { createEventStore } from "./event-store.ts"

const MAX_SESSIONS = 50
const IDLE_SECONDS = 3600
const LIFETIME_SECONDS = 24 * 3600
const RECONNECT_AFTER_MS = 1000
/** The SDK's name of what a session has beside its answers. */
const GET_STREAM = "_GET_stream"

export interface McpRequest {
  request: Request
  message?: Message
  caller: Caller
  authInfo: AuthInfo
}

interface McpSession extends StreamHolder {
  /** Whether this GET takes up the answer to a call where its stream broke off (`Last-Event-ID`). */
  resumesAnswer(request: Request): Promise<boolean>
  handle(request: McpRequest): Promise<Response>
}

export interface Sessions {
  /** Answers `initialize` with a new session; undefined when the subject has as many as it may, all of them in use. */
  open(request: McpRequest): Promise<Response | undefined>
  /** Undefined for an unknown, ended or foreign id alike: nobody learns which. */
  find(id: string, caller: Caller): McpSession | undefined
  /** Ends the sessions that were opened with a revoked grant, whoever of the same subject uses them now. */
  endRevoked(event: RevocationEvent): void
  endExpired(now: number): void
  endAll(): Promise<void>
  size(): number
}

interface Entry extends McpSession {
  id: string
  openedBy: Caller
  openedAt: number
  usedAt: number
  openStreams: number
  transport: WebStandardStreamableHTTPServerTransport
}

export interface SessionOptions {
  factory: McpServerFactory
  /** Seconds since 1970. */
  now: () => number
  onError: (error: Error) => void
}

export function createSessions({ factory, now, onError }: SessionOptions): Sessions {
  const sessions = new Map<string, Entry>()
  const byOwner = new Map<string, Set<Entry>>()

  const end = ({ transport }: Entry) => transport.close().catch(onError)
  const endWhere = (ends: (entry: Entry) => boolean) => {
    for (const entry of [...sessions.values()]) if (ends(entry)) void end(entry)
  }
  /** Whether one more fits: the session that was idle longest makes room, since clients seldom end theirs. */
  const makeRoom = (owner: string): boolean => {
    const own = [...(byOwner.get(owner) ?? [])]
    if (own.length < MAX_SESSIONS) return true
    const [idlest] = own.filter(({ openStreams }) => openStreams === 0).sort((a, b) => a.usedAt - b.usedAt)
    if (idlest) void end(idlest)
    return idlest !== undefined
  }
  const remember = (entry: Entry) => {
    const owner = ownerKeyOf(entry.openedBy)
    const own = byOwner.get(owner) ?? new Set()
    sessions.set(entry.id, entry)
    byOwner.set(owner, own.add(entry))
    entry.transport.onclose = () => {
      sessions.delete(entry.id)
      own.delete(entry)
      if (own.size === 0) byOwner.delete(owner)
    }
  }
  return {
    async open({ request, message, caller, authInfo }) {
      if (!makeRoom(ownerKeyOf(caller))) return undefined
      const entry = createEntry(caller, now)
      remember(entry)
      entry.transport.onerror = onError
      const server = await factory({ era: "legacy", authInfo, requestInfo: request })
      await server.connect(entry.transport)
      const response = await entry.transport.handleRequest(request, { authInfo, parsedBody: message })
      if (entry.transport.sessionId === undefined) await end(entry) // the handshake was refused
      return response
    },
    find(id, caller) {
      const entry = sessions.get(id)
      if (entry === undefined || ownerKeyOf(entry.openedBy) !== ownerKeyOf(caller)) return undefined
      if (hasExpired(entry, now())) return undefined
      entry.usedAt = now()
      return entry
    },
    endRevoked: (event) => endWhere(({ openedBy }) => losesGrant(event, openedBy)),
    endExpired: (time) => endWhere((entry) => hasExpired(entry, time)),
    endAll: async () => void (await Promise.all([...sessions.values()].map(end))),
    size: () => sessions.size,
  }
}

const hasExpired = ({ openStreams, usedAt, openedAt }: Entry, now: number): boolean =>
  now >= openedAt + LIFETIME_SECONDS || (openStreams === 0 && now >= usedAt + IDLE_SECONDS)

function createEntry(caller: Caller, now: () => number): Entry {
  const id = randomUUID()
  const eventStore = createEventStore()
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore,
    retryInterval: RECONNECT_AFTER_MS,
  })
  const entry: Entry = {
    id,
    openedBy: caller,
    openedAt: now(),
    usedAt: now(),
    openStreams: 0,
    transport,
    streamOpened: () => void entry.openStreams++,
    streamClosed: () => {
      entry.openStreams--
      entry.usedAt = now()
    },
    async resumesAnswer({ headers }) {
      const streamId = await eventStore.getStreamIdForEventId?.(headers.get("last-event-id") ?? "")
      return streamId !== undefined && streamId !== GET_STREAM
    },
    handle: ({ request, message, authInfo }) =>
      transport.handleRequest(request, { authInfo, ...(message !== undefined && { parsedBody: message }) }),
  }
  return entry
}
