#!/usr/bin/env node
/** `helm test` of the MCP service: every check a line, and exit code 1 when one fails. */
import { integer, readSettings, redisSettings, type Settings, url } from "@gatehouse/service-kit"
import { createCheckList } from "./check-list.ts"
import { checkMcpRelease } from "./mcp-checks.ts"
import { print, runProgram } from "./program.ts"
import { required } from "./required.ts"
import { clientFrom, testSettings } from "./test-settings.ts"

const settings = {
  ...testSettings,
  MCP_URL: { parse: url, meaning: "the MCP endpoint, as it is reached in the cluster" },
  AUTH_URL: { parse: url, meaning: "where the issuer is reached in the cluster, its path included" },
  REVOKED_WITHIN_SECONDS: {
    parse: integer({ min: 1, max: 3600 }),
    default: 75,
    meaning: "how long a revoked token may be served: without Redis, as long as answers are cached",
  },
  ...redisSettings,
} satisfies Settings

await runProgram(async () => {
  const values = required(readSettings(settings, process.env), ["MCP_URL", "RESOURCE", "ISSUER"])
  const checks = createCheckList(print)
  await checkMcpRelease(
    {
      mcpUrl: values.MCP_URL,
      resource: values.RESOURCE,
      issuer: values.ISSUER,
      authUrl: values.AUTH_URL,
      testClient: clientFrom(values.TEST_CLIENT_ID, values.TEST_CLIENT_SECRET),
      redis: values,
      timeoutMs: values.TEST_TIMEOUT_SECONDS * 1000,
      revokedWithinMs: values.REVOKED_WITHIN_SECONDS * 1000,
    },
    checks,
  )
  return checks.failures() > 0 ? 1 : 0
})
