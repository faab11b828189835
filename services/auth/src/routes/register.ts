/** `POST /register`: dynamic client registration (RFC 7591 §3). Refusals are answered by the app's translator. */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { registerClient, registrationResponse } from "../domain/registration.ts"

/** Renewed by use: a client that nobody uses is forgotten. */
const CLIENT_TTL_SECONDS = 30 * 86_400

export const register =
  ({ stores, now, audit }: AuthDependencies) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const registration = registerClient(request.body, now())
    await stores.clients.save(registration.client, now() + CLIENT_TTL_SECONDS)
    audit("auth.client.registered", { client_id: registration.client.clientId })
    return reply.code(201).header("cache-control", "no-store").send(registrationResponse(registration))
  }
