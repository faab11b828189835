/** What a session has sent of late, so that a client whose connection broke can have the rest (2025 revisions, resumability). */
import { randomUUID } from "node:crypto"
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server"

/** About 1 MB of JSON a session. */
const MAX_CHARACTERS = 1_000_000

interface StoredEvent {
  id: string
  streamId: string
  message: JSONRPCMessage
  size: number
}

/** One store a session: the id that the SDK gives the GET stream is the same for all. The oldest events are forgotten first. */
export function createEventStore(maxCharacters: number = MAX_CHARACTERS): EventStore {
  const prefix = randomUUID() // an id of another session is known to no store but its own
  const events: StoredEvent[] = []
  let next = 0
  let characters = 0
  const find = (id: string) => events.findIndex((event) => event.id === id)
  return {
    async storeEvent(streamId, message) {
      const event = { id: `${prefix}.${next++}`, streamId, message, size: JSON.stringify(message).length }
      events.push(event)
      characters += event.size
      while (characters > maxCharacters) characters -= events.shift()?.size ?? characters
      return event.id
    },
    async getStreamIdForEventId(id) {
      return events[find(id)]?.streamId
    },
    async replayEventsAfter(lastId, { send }) {
      const at = find(lastId)
      const last = events[at]
      if (last === undefined) throw new RangeError("no such event")
      // The first event of a stream is empty: there to name a place to resume from.
      for (const { id, streamId, message } of events.slice(at + 1))
        if (streamId === last.streamId && Object.keys(message).length > 0) await send(id, message)
      return last.streamId
    },
  }
}
