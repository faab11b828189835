/** The standard OTEL_* environment, as far as it is ours to read: whether there are traces, of which requests, sent how. */

const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const

export interface TracingSettings {
  protocol: "http/protobuf" | "http/json"
  sampler: (typeof SAMPLERS)[number]
  /** From 0 to 1; what the ratio samplers take. */
  samplerRatio: number
  /** Absent: the SDK's own. */
  batch: { scheduledDelayMillis?: number; maxQueueSize?: number; maxExportBatchSize?: number }
}

export interface TracingChoice {
  /** Undefined: there are no traces. */
  settings: TracingSettings | undefined
  /** What could not be followed, for the operator; a name and what became of it, never a value. */
  warnings: string[]
}

/** Off unless an endpoint is given. What makes no sense is told and left out, as the specification asks: traces are no reason not to start. */
export function readTracingEnvironment(env: NodeJS.ProcessEnv): TracingChoice {
  const warnings: string[] = []
  const given = (name: string) => env[name]?.trim() || undefined
  const off = () => ({ settings: undefined, warnings })
  const endpoint = given(TRACES_ENDPOINT) ?? given(ENDPOINT)
  if (endpoint === undefined || given("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return off()
  const exporter = given("OTEL_TRACES_EXPORTER") ?? "otlp"
  if (exporter === "none") return off()
  if (exporter !== "otlp") {
    warnings.push("OTEL_TRACES_EXPORTER must be otlp or none: there are no traces")
    return off()
  }
  if (!isHttpUrl(endpoint)) {
    const name = given(TRACES_ENDPOINT) ? TRACES_ENDPOINT : ENDPOINT
    warnings.push(`${name} must be a URL that begins with http:// or https://: there are no traces`)
    return off()
  }
  const protocol = given(TRACES_PROTOCOL) ?? given(PROTOCOL) ?? "http/protobuf"
  if (protocol !== "http/protobuf" && protocol !== "http/json") {
    const name = given(TRACES_PROTOCOL) ? TRACES_PROTOCOL : PROTOCOL
    warnings.push(`${name} must be http/protobuf or http/json (port 4318 of a collector): there are no traces`)
    return off()
  }
  return { settings: { protocol, ...readSampler(given, warnings), batch: readBatch(given, warnings) }, warnings }
}

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
const TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
const PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
const TRACES_PROTOCOL = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"

type Given = (name: string) => string | undefined

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

function readSampler(given: Given, warnings: string[]): Pick<TracingSettings, "sampler" | "samplerRatio"> {
  const name = given("OTEL_TRACES_SAMPLER")?.toLowerCase()
  const sampler = SAMPLERS.find((each) => each === name) ?? "parentbased_always_on"
  if (name !== undefined && name !== sampler)
    warnings.push(`OTEL_TRACES_SAMPLER must be one of ${SAMPLERS.join(", ")}: it is taken for ${sampler}`)
  const argument = given("OTEL_TRACES_SAMPLER_ARG")
  const ratio = Number(argument ?? 1)
  const fits = ratio >= 0 && ratio <= 1
  if (!fits) warnings.push("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1: it is taken for 1")
  return { sampler, samplerRatio: fits ? ratio : 1 }
}

function readBatch(given: Given, warnings: string[]): TracingSettings["batch"] {
  const positive = (name: string) => {
    const text = given(name)
    const number = Number(text)
    if (text === undefined || (Number.isSafeInteger(number) && number > 0)) return text && number
    warnings.push(`${name} must be a whole number above 0: it is left out`)
    return undefined
  }
  const scheduledDelayMillis = positive("OTEL_BSP_SCHEDULE_DELAY")
  const maxQueueSize = positive("OTEL_BSP_MAX_QUEUE_SIZE")
  const maxExportBatchSize = positive("OTEL_BSP_MAX_EXPORT_BATCH_SIZE")
  return {
    ...(scheduledDelayMillis && { scheduledDelayMillis }),
    ...(maxQueueSize && { maxQueueSize }),
    ...(maxExportBatchSize && { maxExportBatchSize }),
  }
}
