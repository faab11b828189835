#!/usr/bin/env node
/** `helm test` of the authorization server: every check a line, and exit code 1 when one fails. */
import { readSettings, redisSettings, type Settings, text, url } from "@gatehouse/service-kit"
import { checkAuthRelease } from "./auth-checks.ts"
import { createCheckList } from "./check-list.ts"
import { print, runProgram } from "./program.ts"
import { required } from "./required.ts"
import { clientFrom, testSettings } from "./test-settings.ts"

const settings = {
  ...testSettings,
  URL: { parse: url, meaning: "where the issuer is reached in the cluster, its path included" },
  INTROSPECTION_CLIENT_ID: { parse: text, meaning: "resource server that introspects" },
  INTROSPECTION_CLIENT_SECRET: { parse: text, secret: true, meaning: "its secret" },
  ...redisSettings,
} satisfies Settings

await runProgram(async () => {
  const values = required(readSettings(settings, process.env), ["ISSUER", "URL", "RESOURCE"])
  const checks = createCheckList(print)
  await checkAuthRelease(
    {
      place: { issuer: values.ISSUER, url: values.URL },
      resource: values.RESOURCE,
      testClient: clientFrom(values.TEST_CLIENT_ID, values.TEST_CLIENT_SECRET),
      resourceServer: clientFrom(values.INTROSPECTION_CLIENT_ID, values.INTROSPECTION_CLIENT_SECRET),
      redis: values,
      timeoutMs: values.TEST_TIMEOUT_SECONDS * 1000,
    },
    checks,
  )
  return checks.failures() > 0 ? 1 : 0
})
