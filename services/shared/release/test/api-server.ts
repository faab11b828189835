/** An API server for Secrets over real TLS: the parts of Kubernetes' contract that the Job relies on, and the directory that a pod has mounted. */
import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

interface Secret {
  metadata: { name: string; labels?: Record<string, string>; resourceVersion?: string }
  type?: string
  data: Record<string, string>
}

export interface ApiServer {
  port: number
  /** Token, namespace and CA certificate, as the kubelet mounts them. */
  directory: string
  secrets: Map<string, Secret>
  /** Text of a key, decoded. */
  valueOf(secret: string, key: string): string | undefined
  /** Verbs that the Role allows. */
  allowed: Set<string>
  /** Runs before the answer to a request, as what somebody else does in between. */
  before: (request: { verb: string; name: string }) => void
  requests: string[]
  close(): Promise<void>
}

const TOKEN = "the-token-of-the-service-account"
const COLLECTION = "/api/v1/namespaces/shop/secrets"

export async function startApiServer(): Promise<ApiServer> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-api-"))
  const [key, certificate] = [join(directory, "tls.key"), join(directory, "ca.crt")]
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
    ...["-keyout", key, "-out", certificate, ...subject],
  ])
  await writeFile(join(directory, "token"), TOKEN)
  await writeFile(join(directory, "namespace"), "shop")
  let version = 100
  const secrets = new Map<string, Secret>()
  const api: ApiServer = {
    port: 0,
    directory,
    secrets,
    valueOf(secret, name) {
      const text = secrets.get(secret)?.data[name]
      return text === undefined ? undefined : Buffer.from(text, "base64").toString()
    },
    allowed: new Set(["create", "get", "patch"]),
    before: () => {},
    requests: [],
    async close() {
      server.close()
      server.closeAllConnections()
      await rm(directory, { recursive: true })
    },
  }

  function decide(verb: string, name: string, body: Partial<Secret>): { status: number; answer: object } {
    if (!api.allowed.has(verb))
      return failure(403, `secrets is forbidden: User "job" cannot ${verb} resource "secrets"`)
    const existing = secrets.get(name)
    if (verb === "create" && existing) return failure(409, `secrets "${name}" already exists`)
    if (verb !== "create" && !existing) return failure(404, `secrets "${name}" not found`)
    if (verb === "get") return { status: 200, answer: existing as object }
    const asked = body.metadata?.resourceVersion
    if (verb === "patch" && asked !== undefined && asked !== existing?.metadata.resourceVersion)
      return failure(409, "the object has been modified")
    const metadata = { name, ...existing?.metadata, ...body.metadata, resourceVersion: String(version++) }
    const saved: Secret = { ...existing, ...body, metadata, data: { ...existing?.data, ...body.data } }
    secrets.set(name, saved)
    return { status: verb === "create" ? 201 : 200, answer: saved }
  }
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = ({ status, answer }: { status: number; answer: object }) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer))
    const text = await textOf(request)
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return void send(failure(401, "Unauthorized"))
    const verb = { POST: "create", GET: "get", PATCH: "patch" }[request.method ?? ""] ?? "other"
    if (verb === "patch" && request.headers["content-type"] !== "application/merge-patch+json")
      return void send(failure(415, "unsupported patch type"))
    const body: Partial<Secret> = text === "" ? {} : JSON.parse(text)
    const path = request.url ?? ""
    const name = verb === "create" ? (body.metadata?.name ?? "") : path.slice(COLLECTION.length + 1)
    if (path !== (verb === "create" ? COLLECTION : `${COLLECTION}/${name}`))
      return void send(failure(404, "no such path"))
    api.requests.push(verb)
    api.before({ verb, name })
    send(decide(verb, name, body))
  }
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (request, response) => {
    void serve(request, response)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  api.port = (server.address() as AddressInfo).port
  return api
}

const failure = (status: number, message: string) => ({ status, answer: { kind: "Status", code: status, message } })

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}
