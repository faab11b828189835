/** Makes a Secret hold what a plan asks for: created if it is absent, completed if a key is missing, and never changed where it has one. */
import { setTimeout as pause } from "node:timers/promises"
import type { Cluster, ClusterAnswer } from "./cluster.ts"
import { type CredentialPlan, type Credentials, missingCredentials } from "./credentials.ts"

export interface WantedSecret {
  name: string
  labels: Readonly<Record<string, string>>
  plan: CredentialPlan
  testClientId: string
}

export interface Patience {
  /** How long an API server that does not answer is tried. */
  timeoutMs: number
  pauseMs?: number
}

/** Two Jobs at once take turns; more than a few turns mean that something else is wrong. */
const MAX_TURNS = 20

/**
 * Returns what was done, in one sentence with the names of keys.
 * @throws Error with a sentence for the operator
 */
export async function ensureSecret(cluster: Cluster, wanted: WantedSecret, patience: Patience): Promise<string> {
  const ask = asking(cluster, patience)
  const { name } = wanted
  const path = `/api/v1/namespaces/${cluster.namespace}/secrets`
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const found = await ask({ method: "GET", path: `${path}/${name}` })
    if (found.status === 404) {
      const data = missingCredentials(wanted.plan, {}, wanted.testClientId)
      const created = await ask({ method: "POST", path, body: newSecret(wanted, data) })
      if (created.status === 201) return `Secret ${name} is created with ${listOf(data)}`
      if (created.status !== 409) throw refused(`create Secret ${name}`, created, cluster)
      continue // somebody else was first: what they made stays
    }
    if (found.status !== 200) throw refused(`read Secret ${name}`, found, cluster)
    const data = missingCredentials(wanted.plan, dataOf(found), wanted.testClientId)
    if (Object.keys(data).length === 0) return `Secret ${name} has every key already: nothing is changed`
    // With the version that was read: whoever wrote in between makes this a 409, and we look again.
    const body = { metadata: { resourceVersion: versionOf(found) }, data: encoded(data) }
    const patched = await ask({
      method: "PATCH",
      path: `${path}/${name}`,
      contentType: "application/merge-patch+json",
      body,
    })
    if (patched.status === 200) return `Secret ${name} has got ${listOf(data)}; its other keys are as they were`
    if (patched.status !== 409 && patched.status !== 404) throw refused(`add keys to Secret ${name}`, patched, cluster)
  }
  throw new Error(`Secret ${name} is changed by somebody else all the time: nothing could be added to it`)
}

const newSecret = ({ name, labels }: WantedSecret, data: Credentials): object => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, labels },
  type: "Opaque",
  data: encoded(data),
})

const encoded = (data: Credentials): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]))

const listOf = (data: Credentials): string => Object.keys(data).join(", ") || "no keys"

function dataOf({ body }: ClusterAnswer): Credentials {
  const data = (body?.["data"] ?? {}) as Record<string, string>
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]))
}

const versionOf = ({ body }: ClusterAnswer): unknown =>
  (body?.["metadata"] as { resourceVersion?: unknown } | undefined)?.resourceVersion

/** The API server's own sentence names the service account, the verb and the namespace; values of a Secret are not in it. */
function refused(what: string, { status, body }: ClusterAnswer, { namespace }: Cluster): Error {
  const message = typeof body?.["message"] === "string" ? body["message"] : "no reason is given"
  const hint =
    status === 403
      ? ": its Role needs create on secrets, and get and patch on this one (credentials.create: false takes Secrets of your own)"
      : ""
  return new Error(`the Job may or can not ${what} in namespace ${namespace} (${status}: ${message})${hint}`)
}

/** A pod's network may be a moment later than the pod, and an API server may be starting: silence and 5xx are tried again. */
function asking(cluster: Cluster, { timeoutMs, pauseMs = 1000 }: Patience): Cluster["ask"] {
  const deadline = Date.now() + timeoutMs
  return async (question) => {
    for (;;) {
      const answer = await cluster.ask(question).catch((error: Error) => error)
      const passing = answer instanceof Error || answer.status >= 500 || answer.status === 429
      if (!passing) return answer
      if (Date.now() > deadline)
        throw new Error(
          answer instanceof Error
            ? `the API server at ${cluster.place} does not answer (${codeOf(answer)}): may this pod reach it (NetworkPolicy)?`
            : `the API server at ${cluster.place} answers ${answer.status}`,
        )
      await pause(pauseMs)
    }
  }
}

const codeOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.message
