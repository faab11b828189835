/** What the tests of both releases are told. */
import { canonicalResource } from "@gatehouse/oauth"
import { integer, type Settings, text, url } from "@gatehouse/service-kit"
import type { ClientSecret } from "./authorization-server.ts"

export const testSettings = {
  ISSUER: { parse: url, meaning: "issuer, byte for byte" },
  RESOURCE: { parse: canonicalResource, meaning: "resource that tokens are for" },
  TEST_CLIENT_ID: { parse: text, meaning: "client that gets tokens by client credentials" },
  TEST_CLIENT_SECRET: { parse: text, secret: true, meaning: "its secret" },
  TEST_TIMEOUT_SECONDS: {
    parse: integer({ min: 1, max: 3600 }),
    default: 30,
    meaning: "how long something that does not answer is tried",
  },
} satisfies Settings

/** Undefined unless both are given. */
export const clientFrom = (clientId: string | undefined, clientSecret: string | undefined): ClientSecret | undefined =>
  clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret }
