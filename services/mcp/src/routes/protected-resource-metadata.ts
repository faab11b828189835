/** `GET /.well-known/oauth-protected-resource…`: where to get a token for this resource (RFC 9728 §3). */
import type { ProtectedResourceMetadata } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { McpDependencies } from "../app.ts"
import { supportedScopes } from "../scopes.ts"

export const protectedResourceMetadata =
  ({ config, authorizationServerMetadata }: McpDependencies) =>
  async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const metadata: ProtectedResourceMetadata = {
      resource: config.resource,
      // As the authorization server spells itself: clients compare byte for byte.
      authorization_servers: [authorizationServerMetadata()?.issuer ?? config.issuer],
      scopes_supported: supportedScopes(config.toolScopes),
      bearer_methods_supported: ["header"],
      resource_name: "Gatehouse MCP server",
    }
    return reply.header("cache-control", "public, max-age=300").send(metadata)
  }
