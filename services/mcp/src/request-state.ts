/** The state that travels through the client between the rounds of one call: signed, and good for that call only. */
import { createRequestStateCodec, type RequestStateCodec } from "@modelcontextprotocol/server"
import { callIn, ownerKeyOf } from "./caller.ts"

export type RequestState = RequestStateCodec<unknown>

/**
 * A state is bound to the caller, the method and the tool: the SDK alone would let it run on another tool.
 * @param key at least 32 bytes; shared by all replicas
 */
export const createRequestState = (key: string | Uint8Array): RequestState =>
  createRequestStateCodec({
    key,
    bind: (context) => {
      const { caller, operation } = callIn(context)
      return `${ownerKeyOf(caller)}\n${operation}`
    },
  })
