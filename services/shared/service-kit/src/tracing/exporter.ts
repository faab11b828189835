/** Spans on their way to a collector (OTLP over HTTP), and the story of an outage in two lines of the log. */
import { type ExportResult, ExportResultCode } from "@opentelemetry/core"
import { createOtlpNetworkExportDelegate, OTLPExporterBase } from "@opentelemetry/otlp-exporter-base"
import { convertLegacyHttpOptions, createOtlpHttpExporterMetrics } from "@opentelemetry/otlp-exporter-base/node-http"
import {
  JsonTraceSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer"
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace"
import type { Logger } from "pino"
import type { TracingSettings } from "./environment.ts"
import { createTransport } from "./transport.ts"

const encodings = {
  "http/protobuf": { serializer: ProtobufTraceSerializer, contentType: "application/x-protobuf" },
  "http/json": { serializer: JsonTraceSerializer, contentType: "application/json" },
}

export interface ExporterOptions {
  protocol: TracingSettings["protocol"]
  /** Aborted when nobody waits for an export any more. */
  closing: AbortSignal
  log: Logger
}

/** Endpoint, headers, certificates, timeout and compression are those of OTEL_EXPORTER_OTLP_… */
export function createSpanExporter({ protocol, closing, log }: ExporterOptions): SpanExporter {
  const { serializer, contentType } = encodings[protocol]
  const options = convertLegacyHttpOptions({}, "TRACES", "v1/traces", { "Content-Type": contentType })
  const metrics = createOtlpHttpExporterMetrics(
    "otlp_http_span_exporter",
    TraceExporterMetricsHelper,
    options.url,
    undefined,
  )
  const transport = createTransport(options, closing)
  const exporter = new OTLPExporterBase(createOtlpNetworkExportDelegate(options, serializer, metrics, transport))
  return watched(exporter, { closing, log })
}

/** Says when spans begin to be lost and when they no longer are, with their number. */
function watched(exporter: SpanExporter, { closing, log }: Pick<ExporterOptions, "closing" | "log">): SpanExporter {
  let lost = 0
  const tell = (spans: number, { code, error }: ExportResult) => {
    if (code === ExportResultCode.SUCCESS) {
      if (lost > 0) log.info({ lost }, "traces are exported again")
      lost = 0
      return
    }
    if (lost === 0) log.warn({ why: closing.aborted ? "the process ends" : reasonOf(error) }, "traces are not exported")
    lost += spans
  }
  return {
    export: (spans: ReadableSpan[], done) =>
      exporter.export(spans, (result) => {
        tell(spans.length, result)
        done(result)
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}

/** A status or a code: what a collector answers is not ours to repeat. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (typeof code === "string" || typeof code === "number") return String(code)
  return error instanceof Error ? error.name : "unknown"
}
