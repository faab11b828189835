/** The answers of an MCP service that the suite expects. */
import { expect } from "vitest"
import type { McpAnswer } from "./mcp-service.ts"

export const ok = expect.objectContaining({ status: 200 })

export const refused = (why: RegExp = /./) => ({
  status: 401,
  challenge: expect.stringContaining('error="invalid_token"'),
  retryAfter: null,
  body: expect.objectContaining({ error: "invalid_token", error_description: expect.stringMatching(why) }),
})

export const cannotTell = {
  status: 503,
  challenge: null,
  retryAfter: expect.stringMatching(/^[1-9]\d*$/),
  body: expect.objectContaining({ error: "temporarily_unavailable" }),
}

/** Whom the service takes the caller for. */
export const callerOf = ({ body }: McpAnswer) => body.result?.structuredContent
