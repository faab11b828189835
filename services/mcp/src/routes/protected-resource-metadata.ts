/** `GET /.well-known/oauth-protected-resource…`: where to get a token for this resource (RFC 9728 §3). */
import type { ProtectedResourceMetadata } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { McpDependencies } from "../dependencies.ts"
import { createScopeNames } from "../scope-names.ts"
import { supportedScopes } from "../scopes.ts"

export const protectedResourceMetadata = ({ config, authorizationServers }: McpDependencies) => {
  const scopeNames = createScopeNames(authorizationServers)
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const metadata: ProtectedResourceMetadata = {
      resource: config.resource,
      // As the authorization servers spell themselves: clients compare byte for byte.
      authorization_servers: authorizationServers().map(({ issuer }) => issuer),
      scopes_supported: scopeNames(supportedScopes(config.toolScopes)),
      bearer_methods_supported: ["header"],
      resource_name: "Gatehouse MCP server",
    }
    return reply.header("cache-control", "public, max-age=300").send(metadata)
  }
}
