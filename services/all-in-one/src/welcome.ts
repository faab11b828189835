/** What a person reads when the services have started: what runs where, and what to do next. */

export interface Running {
  config: { baseUri: string; resource: string }
  onRedis: boolean
  /** Undefined: no management port. */
  managementUrl: string | undefined
}

export const welcome = ({ config: { baseUri, resource }, onRedis, managementUrl }: Running): string => `
Gatehouse runs on ${baseUri}, ${onRedis ? "on Redis" : "in memory: a restart forgets everything"}.

  MCP server             ${resource}
  Authorization server   ${baseUri}
  Health                 ${managementUrl ?? "off"}${managementUrl === undefined ? "" : "/health"}

Next: run "npx @modelcontextprotocol/inspector" in another terminal, choose Streamable HTTP, connect to
${resource}, approve, and sign in with any name. Ctrl+C ends Gatehouse.
`
