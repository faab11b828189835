/** Form bodies (`application/x-www-form-urlencoded`), each field at most once. */
import { type Parameters, parseParameters } from "@gatehouse/oauth"
import type { FastifyRequest } from "fastify"

/** Another media type was sent. Fastify answers it by its status. */
class UnsupportedMediaType extends Error {
  override readonly name = "UnsupportedMediaType"
  readonly statusCode = 415
}

/** @throws OAuthError `invalid_request` when a field is repeated */
export function requireForm(request: FastifyRequest): Parameters {
  const mediaType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase()
  if (mediaType !== "application/x-www-form-urlencoded" || typeof request.body !== "string")
    throw new UnsupportedMediaType()
  return parseParameters(request.body)
}
