import { gunzipSync } from "node:zlib"
import { findFreePort, startSpanReceiver } from "@gatehouse/test-kit"
import { httpAgentFactoryFromOptions } from "@opentelemetry/otlp-exporter-base/node-http"
import { describe, expect, it, onTestFinished } from "vitest"
import { commonSettings, readSettings } from "../src/index.ts"
import { readTracingEnvironment } from "../src/tracing/environment.ts"
import { createTransport } from "../src/tracing/transport.ts"

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.test:4318" }
const read = (env: Record<string, string>) => readTracingEnvironment({ ...endpoint, ...env })

describe("Traces: the standard environment", () => {
  it("there are none without an endpoint, nor when it is said so", () => {
    const nothing = { settings: undefined, warnings: [] }
    expect(readTracingEnvironment({ OTEL_TRACES_SAMPLER: "always_on", OTEL_TRACES_EXPORTER: "otlp" })).toEqual(nothing)
    expect(readTracingEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: " " })).toEqual(nothing)
    expect(read({ OTEL_SDK_DISABLED: "TRUE" })).toEqual(nothing)
    expect(read({ OTEL_TRACES_EXPORTER: "none" })).toEqual(nothing)
  })

  it("OTLP over HTTP with protocol buffers, of every trace whose sender does not say otherwise, unless it is said", () => {
    expect(read({})).toEqual({
      settings: { protocol: "http/protobuf", sampler: "parentbased_always_on", samplerRatio: 1, batch: {} },
      warnings: [],
    })
    expect(
      read({
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
        OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG: "0.05",
        OTEL_BSP_SCHEDULE_DELAY: "100",
        OTEL_BSP_MAX_QUEUE_SIZE: "10",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "5",
      }),
    ).toEqual({
      settings: {
        protocol: "http/json",
        sampler: "parentbased_traceidratio",
        samplerRatio: 0.05,
        batch: { scheduledDelayMillis: 100, maxQueueSize: 10, maxExportBatchSize: 5 },
      },
      warnings: [],
    })
  })

  it.each([
    { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "secret-host:4318" },
    { OTEL_TRACES_EXPORTER: "console" },
  ])("what cannot be done is told by its name, without its value, and there are no traces: %o", (env) => {
    const { settings, warnings } = read(env)
    expect(settings).toBeUndefined()
    const [[name = "", value = ""] = []] = Object.entries(env)
    expect(warnings).toEqual([expect.stringContaining(`${name} must be`)])
    expect(warnings[0]).not.toContain(value)
  })

  it.each([
    { OTEL_TRACES_SAMPLER: "sometimes" },
    { OTEL_TRACES_SAMPLER_ARG: "2" },
    { OTEL_BSP_SCHEDULE_DELAY: "soon" },
  ])("what makes no sense is told and left out: %o", (env) => {
    const { settings, warnings } = read(env)
    expect(settings).toEqual(read({}).settings)
    expect(warnings).toEqual([expect.stringContaining(`${Object.keys(env)[0]} must be`)])
  })

  it("no name of OpenTelemetry's is taken for a misspelt one of ours", () => {
    const signals = ["", "TRACES_", "METRICS_", "LOGS_"]
    const exporter = ["ENDPOINT", "HEADERS", "PROTOCOL", "TIMEOUT", "COMPRESSION", "CERTIFICATE", "CLIENT_KEY"]
    const names = [
      ...signals.flatMap((signal) => exporter.map((name) => `OTEL_EXPORTER_OTLP_${signal}${name}`)),
      ...["SERVICE_NAME", "RESOURCE_ATTRIBUTES", "SDK_DISABLED", "LOG_LEVEL", "PROPAGATORS", "TRACES_SAMPLER"],
      ...["TRACES_SAMPLER_ARG", "TRACES_EXPORTER", "METRICS_EXPORTER", "LOGS_EXPORTER", "BSP_SCHEDULE_DELAY"],
      ...["SEMCONV_STABILITY_OPT_IN", "NODE_RESOURCE_DETECTORS", "ATTRIBUTE_VALUE_LENGTH_LIMIT"],
    ].map((name) => (name.startsWith("OTEL_") ? name : `OTEL_${name}`))
    const env = Object.fromEntries(names.map((name) => [name, "x"]))
    expect(() => readSettings(commonSettings, env)).not.toThrow()
  })
})

describe("Traces: the wire to a collector", () => {
  const optionsFor = (url: string, more: object = {}) => ({
    url,
    headers: async () => ({ "Content-Type": "application/x-protobuf", "x-key": "planted" }),
    agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
    timeoutMillis: 10_000,
    concurrencyLimit: 30,
    compression: "none" as const,
    ...more,
  })
  const body = Buffer.from("spans")
  async function startCollector() {
    const collector = await startSpanReceiver()
    onTestFinished(collector.close)
    return collector
  }

  it("sends what it is given, compressed when it is told so, with the headers of the environment", async () => {
    const collector = await startCollector()
    const closing = new AbortController()
    expect(await createTransport(optionsFor(collector.url), closing.signal).send(body, 1000)).toEqual({
      status: "success",
    })
    const gzip = createTransport(optionsFor(collector.url, { compression: "gzip" }), closing.signal)
    expect(await gzip.send(body, 1000)).toEqual({ status: "success" })
    const received = collector.bytes()
    expect(received.subarray(0, body.length)).toEqual(body)
    expect(gunzipSync(received.subarray(body.length))).toEqual(body)
    expect(collector.requests().map(({ headers }) => [headers["content-encoding"], headers["x-key"]])).toEqual([
      [undefined, "planted"],
      ["gzip", "planted"],
    ])
    gzip.shutdown()
  })

  it("tries again what may pass, and nothing else", async () => {
    const collector = await startCollector()
    const transport = createTransport(optionsFor(collector.url), new AbortController().signal)
    collector.mode = 503
    const sending = transport.send(body, 10_000)
    await expect.poll(() => collector.requests().length).toBe(1)
    collector.mode = 200
    expect(await sending).toEqual({ status: "success" })
    collector.mode = 401
    expect(await transport.send(body, 10_000)).toMatchObject({ status: "failure", error: { code: 401 } })
    expect(collector.requests()).toHaveLength(3)
    transport.shutdown()
  })

  it("gives up at its time limit, and at once when nobody waits any more", async () => {
    const collector = await startCollector()
    collector.mode = "silent"
    const closing = new AbortController()
    const silent = createTransport(optionsFor(collector.url), closing.signal)
    expect(await silent.send(body, 200)).toMatchObject({ status: "retryable" })
    const refused = createTransport(optionsFor(`http://127.0.0.1:${await findFreePort()}`), closing.signal)
    const both = Promise.all([silent.send(body, 60_000), refused.send(body, 60_000)])
    await expect.poll(() => collector.requests().length).toBe(2)
    closing.abort()
    const begunAt = performance.now()
    expect(await both).toMatchObject([{ status: "retryable" }, { status: "retryable" }])
    expect(performance.now() - begunAt).toBeLessThan(500)
    expect(await silent.send(body, 60_000)).toMatchObject({ status: "retryable" })
    expect(collector.requests()).toHaveLength(2)
  })
})
