/** The API server as a pod sees it: where it is, how it is known to be genuine, and who we are to it. */
import { request } from "node:https"
import { join } from "node:path"
import { contentOf } from "@gatehouse/service-kit"

export const SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"

export interface ClusterAnswer {
  status: number
  /** The parsed body; undefined when it is no JSON object. */
  body: Record<string, unknown> | undefined
}

interface ClusterRequest {
  method: "GET" | "POST" | "PATCH"
  path: string
  contentType?: string
  body?: object
}

export interface Cluster {
  /** `host:port`, for sentences. */
  place: string
  namespace: string
  /** @throws Error of the network, with its code */
  ask(question: ClusterRequest): Promise<ClusterAnswer>
}

const TIMEOUT_MS = 10_000
const MAX_BODY_BYTES = 4 * 1024 * 1024

export interface ClusterOptions {
  host: string
  port: number
  /** Where the token, the namespace and the CA certificate of the service account are mounted. */
  directory?: string
}

/** @throws Error with a sentence when the pod has no service account token */
export function openCluster({ host, port, directory = SERVICE_ACCOUNT_DIRECTORY }: ClusterOptions): Cluster {
  const read = (name: string): string => {
    try {
      return contentOf(join(directory, name)).trim()
    } catch {
      throw new Error(
        `there is no ${join(directory, name)}: the pod needs a service account token (automountServiceAccountToken: true)`,
      )
    }
  }
  const ca = read("ca.crt")
  const namespace = read("namespace")
  read("token")
  const ask = ({ method, path, contentType = "application/json", body }: ClusterRequest): Promise<ClusterAnswer> =>
    new Promise((resolve, reject) => {
      // Read anew each time: the kubelet replaces it before it expires.
      const authorization = { authorization: `Bearer ${read("token")}` }
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        accept: "application/json",
        ...authorization,
        ...(text !== undefined && { "content-type": contentType, "content-length": Buffer.byteLength(text) }),
      }
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const sent = request({ host, port, method, path, headers, ca, signal, agent: false }, (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on("data", (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_BODY_BYTES) answer.destroy(new Error("the answer is too large"))
          else chunks.push(chunk)
        })
        answer.on("error", reject)
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, body: objectIn(Buffer.concat(chunks).toString("utf8")) }),
        )
      })
      sent.on("error", reject)
      sent.end(text)
    })
  return { place: `${host}:${port}`, namespace, ask }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
