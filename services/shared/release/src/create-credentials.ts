#!/usr/bin/env node
/** The Job of a chart that makes the credentials nobody has given: once, and never again. */
import { integer, port, readSettings, type Settings, text } from "@gatehouse/service-kit"
import { openCluster, SERVICE_ACCOUNT_DIRECTORY } from "./cluster.ts"
import { parseCredentialPlan, parseLabels } from "./credentials.ts"
import { ensureSecret } from "./ensure-secret.ts"
import { print, runProgram } from "./program.ts"
import { required } from "./required.ts"

const settings = {
  SECRET_NAME: { parse: text, meaning: "name of the Secret" },
  SECRET_LABELS: { parse: parseLabels, default: {}, meaning: "JSON object of its labels, if it has to be created" },
  CREDENTIALS: {
    parse: parseCredentialPlan,
    meaning: 'JSON object of its keys: {"key": "password" | "signing-keys" | "test-client"}',
  },
  TEST_CLIENT_ID: { parse: text, default: "helm-test", meaning: "client that the test of the release is" },
  CREDENTIALS_TIMEOUT_SECONDS: {
    parse: integer({ min: 1, max: 3600 }),
    default: 60,
    meaning: "how long an API server that does not answer is tried",
  },
  SERVICE_ACCOUNT_DIRECTORY: {
    parse: text,
    default: SERVICE_ACCOUNT_DIRECTORY,
    meaning: "where token, namespace and CA certificate are",
  },
} satisfies Settings

await runProgram(async () => {
  const values = required(readSettings(settings, process.env), ["SECRET_NAME", "CREDENTIALS"])
  // Read here: elsewhere names like these are what Kubernetes writes for any Service, and no settings.
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: apiPort = "443" } = process.env
  if (host === undefined) throw new Error("KUBERNETES_SERVICE_HOST is not set: this program runs in a pod of a cluster")
  const cluster = openCluster({ host, port: port(apiPort), directory: values.SERVICE_ACCOUNT_DIRECTORY })
  const wanted = {
    name: values.SECRET_NAME,
    labels: values.SECRET_LABELS,
    plan: values.CREDENTIALS,
    testClientId: values.TEST_CLIENT_ID,
  }
  print(await ensureSecret(cluster, wanted, { timeoutMs: values.CREDENTIALS_TIMEOUT_SECONDS * 1000 }))
  return 0
})
