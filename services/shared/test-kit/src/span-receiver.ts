/** A collector of traces as the services see it: OTLP over HTTP with protocol buffers (opentelemetry/proto/trace/v1), decoded. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Message } from "./protobuf.ts"

type AttributeValue = string | number | boolean | AttributeValue[]
type Attributes = Record<string, AttributeValue>

export interface ReceivedSpan {
  /** `service.name` of the process it came from. */
  service: string
  resource: Attributes
  scope: string
  traceId: string
  spanId: string
  /** "" for a span without a parent. */
  parentSpanId: string
  name: string
  kind: "internal" | "server" | "client" | "producer" | "consumer" | "unspecified"
  attributes: Attributes
  events: { name: string; attributes: Attributes }[]
  links: { traceId: string; spanId: string }[]
  status: "unset" | "ok" | "error"
  statusMessage: string
  milliseconds: number
}

export interface SpanReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string
  port: number
  spans: () => ReceivedSpan[]
  /** Everything that was sent, as it was: what is not in here is nowhere in a span. */
  bytes: () => Buffer
  requests: () => readonly { path: string; headers: NodeJS.Dict<string | string[]> }[]
  /** Assign what it answers with: 200, 503 and so on; `silent` never answers. */
  mode: number | "silent"
  close(): Promise<void>
}

/** Listens on loopback; on a free port, or on one that was free a moment ago. */
export async function startSpanReceiver(port = 0): Promise<SpanReceiver> {
  const bodies: Buffer[] = []
  const requests: { path: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requests.push({ path: request.url ?? "", headers: request.headers })
    if (receiver.mode === "silent") return
    if (receiver.mode === 200) bodies.push(Buffer.concat(chunks))
    response.writeHead(receiver.mode, { "content-type": "application/x-protobuf" }).end()
  }).listen(port, "127.0.0.1")
  await once(server, "listening")
  const address = server.address() as AddressInfo
  const receiver: SpanReceiver = {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    spans: () => bodies.flatMap(spansIn),
    bytes: () => Buffer.concat(bodies),
    requests: () => requests,
    mode: 200,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
  return receiver
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const
const STATUSES = ["unset", "ok", "error"] as const

/** Of one ExportTraceServiceRequest. */
function spansIn(body: Buffer): ReceivedSpan[] {
  return new Message(body).messages(1).flatMap((resourceSpans) => {
    const resource = attributesOf(resourceSpans.messages(1)[0], 1)
    const service = String(resource["service.name"])
    return resourceSpans.messages(2).flatMap((scopeSpans) => {
      const scope = scopeSpans.messages(1)[0]?.text(1) ?? ""
      return scopeSpans.messages(2).map((span) => ({ service, resource, scope, ...readSpan(span) }))
    })
  })
}

function readSpan(span: Message): Omit<ReceivedSpan, "service" | "resource" | "scope"> {
  const [status] = span.messages(15)
  return {
    traceId: span.hex(1),
    spanId: span.hex(2),
    parentSpanId: span.hex(4),
    name: span.text(5),
    kind: KINDS[span.integer(6)] ?? "unspecified",
    attributes: attributesOf(span, 9),
    events: span.messages(11).map((event) => ({ name: event.text(2), attributes: attributesOf(event, 3) })),
    links: span.messages(13).map((link) => ({ traceId: link.hex(1), spanId: link.hex(2) })),
    status: STATUSES[status?.integer(3) ?? 0] ?? "unset",
    statusMessage: status?.text(2) ?? "",
    milliseconds: Number(span.fixed64(8) - span.fixed64(7)) / 1e6,
  }
}

const attributesOf = (message: Message | undefined, field: number): Attributes =>
  Object.fromEntries((message?.messages(field) ?? []).map((pair) => [pair.text(1), readAnyValue(pair.messages(2)[0])]))

/** An AnyValue; what has no plain form is "". */
function readAnyValue(value: Message | undefined): AttributeValue {
  if (value?.has(1)) return value.text(1)
  if (value?.has(2)) return value.integer(2) === 1
  if (value?.has(3)) return value.integer(3)
  if (value?.has(4)) return value.double(4)
  if (value?.has(5)) return (value.messages(5)[0]?.messages(1) ?? []).map(readAnyValue)
  return ""
}
