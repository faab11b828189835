/** Metrics: closed labels, zeros, buckets, exemplars, and how the management port tells them. */
import { AsyncLocalStorage } from "node:async_hooks"
import { checkMetrics, readExposition } from "@gatehouse/test-kit"
import { type Context, type ContextManager, context, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createMetrics, type Metrics, startServiceKit } from "../src/index.ts"

const create = (): Metrics => createMetrics({ name: "test", version: "1.2.3" })
const exposed = async (metrics: Metrics) => readExposition((await metrics.expose()).body)

const requests = {
  name: "test_requests_total",
  help: "Requests.",
  labels: { outcome: ["valid", "invalid"], cache: ["hit", "miss"] },
} as const

describe("OAuth metrics: counters", () => {
  it("start at zero in every combination, or in those that are named", async () => {
    const metrics = create()
    metrics.counter(requests)
    metrics.counter({ ...requests, name: "test_some_total", zero: [{ outcome: "valid", cache: "hit" }] })
    metrics.counter({ ...requests, name: "test_none_total", zero: [] })
    const { value, labelsOf } = await exposed(metrics)
    for (const outcome of ["valid", "invalid"])
      for (const cache of ["hit", "miss"])
        expect(value(`test_requests_total{outcome="${outcome}",cache="${cache}"}`)).toBe(0)
    expect(labelsOf("test_some_total")).toEqual([{ outcome: "valid", cache: "hit" }])
    expect(labelsOf("test_none_total")).toEqual([])
  })

  it("count each combination apart, by one or by more, and never down", async () => {
    const metrics = create()
    const counter = metrics.counter(requests)
    counter.add({ outcome: "valid", cache: "hit" })
    counter.add({ outcome: "valid", cache: "hit" }, 2)
    counter.add({ cache: "miss", outcome: "invalid" })
    counter.add({ outcome: "valid", cache: "hit" }, -5)
    const { value, sum } = await exposed(metrics)
    expect(value('test_requests_total{outcome="valid",cache="hit"}')).toBe(3)
    expect(value('test_requests_total{outcome="invalid",cache="miss"}')).toBe(1)
    expect(sum("test_requests_total")).toBe(4)
  })

  it("Y5 count what is in no list as other, whatever is sent and however often", async () => {
    const metrics = create()
    const counter = metrics.counter(requests)
    for (let i = 0; i < 1_000; i++)
      counter.add({ outcome: `planted-${i}`, cache: "__proto__" } as unknown as { outcome: "valid"; cache: "hit" })
    counter.add({} as never)
    const { value, text, labelsOf } = await exposed(metrics)
    expect(value('test_requests_total{outcome="other",cache="other"}')).toBe(1_001)
    expect(labelsOf("test_requests_total")).toHaveLength(5)
    expect(text).not.toContain("planted")
  })

  it("are declared once, and named as counters are", () => {
    const metrics = create()
    metrics.counter(requests)
    expect(() => metrics.counter(requests)).toThrow("already been registered")
    expect(() => metrics.counter({ ...requests, name: "test_requests" })).toThrow("_total")
  })
})

describe("OAuth metrics: histograms and gauges", () => {
  const spec = { name: "test_seconds", help: "Times.", labels: { outcome: ["valid"] }, buckets: [0.05, 0.3] } as const

  it("put a value that is a bucket's limit into that bucket", async () => {
    const metrics = create()
    const histogram = metrics.histogram(spec)
    for (const seconds of [0.01, 0.05, 0.0500001, 0.3, 7]) histogram.observe({ outcome: "valid" }, seconds)
    for (const nonsense of [Number.NaN, -1]) histogram.observe({ outcome: "valid" }, nonsense)
    const { value } = await exposed(metrics)
    const bucket = (le: string) => value(`test_seconds_bucket{outcome="valid",le="${le}"}`)
    expect([bucket("0.05"), bucket("0.3"), bucket("+Inf")]).toEqual([2, 4, 5])
    expect(value('test_seconds_count{outcome="valid"}')).toBe(5)
    expect(value('test_seconds_sum{outcome="valid"}')).toBeCloseTo(7.4100001)
    expect(() => metrics.histogram({ ...spec, name: "test_falling_seconds", buckets: [1, 1] })).toThrow("rise")
  })

  it("are what was set, or what is found when somebody looks", async () => {
    const metrics = create()
    const labels = { server: ["primary", "secondary"] } as const
    metrics.gauge({ name: "test_set", help: "Set.", labels, zero: [] }).set({ server: "primary" }, 3)
    let servers = ["primary", "secondary"] as ("primary" | "secondary")[]
    metrics.gauge({ name: "test_collected", help: "Collected.", labels }, () =>
      servers.map((server, i) => [{ server }, i] as const),
    )
    expect((await exposed(metrics)).value('test_collected{server="secondary"}')).toBe(1)
    servers = ["primary"]
    const { value } = await exposed(metrics)
    expect(value('test_collected{server="secondary"}')).toBeUndefined()
    expect(value('test_set{server="primary"}')).toBe(3)
    expect(value('test_set{server="secondary"}')).toBeUndefined()
  })
})

describe("OAuth metrics: exemplars", () => {
  const storage = new AsyncLocalStorage<Context>()
  const spanContext = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }
  const within = (traceFlags: TraceFlags, step: () => void) =>
    context.with(trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext({ ...spanContext, traceFlags })), step)
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, step, self, ...args) => storage.run(active, () => step.call(self as never, ...args)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  beforeAll(() => void context.setGlobalContextManager(manager))
  afterAll(() => context.disable())

  it("name the trace of the newest observation in a bucket, where a span is active and recorded", async () => {
    const metrics = create()
    const histogram = metrics.histogram({ name: "test_seconds", help: "Times.", labels: {}, buckets: [0.1, 1] })
    within(TraceFlags.SAMPLED, () => histogram.observe({}, 0.05))
    within(TraceFlags.NONE, () => histogram.observe({}, 0.5))
    histogram.observe({}, 2)
    const { body } = await metrics.expose()
    const line = (le: string) => body.split("\n").find((each) => each.startsWith(`test_seconds_bucket{le="${le}"`))
    expect(line("0.1")).toMatch(
      /^test_seconds_bucket\{le="0\.1"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} 0\.05 \d{10}(\.\d+)?$/,
    )
    expect(line("1")).toBe('test_seconds_bucket{le="1"} 2')
    expect(line("+Inf")).toBe('test_seconds_bucket{le="+Inf"} 3')
    const older = await metrics.expose("prometheus")
    expect(older.body).toContain('\ntest_seconds_bucket{le="0.1"} 1\n')
    expect(older.body).not.toContain("trace_id")
    expect(checkMetrics(older.body)).toBe("")
  })
})

describe("OAuth services: /metrics", () => {
  async function ask(accept?: string) {
    const kit = await startServiceKit("gatehouse-kit", {
      logLevel: "silent",
      managementHost: "127.0.0.1",
      managementPort: 0,
      version: "1.2.3",
    })
    kit.metrics.counter(requests).add({ outcome: "valid", cache: "hit" })
    const answer = await fetch(`${kit.managementUrl}/metrics`, { headers: accept === undefined ? {} : { accept } })
    const body = await answer.text()
    await kit.shutdown("test")
    return { type: answer.headers.get("content-type"), body, ...readExposition(body) }
  }

  it("speaks OpenMetrics with whoever asks for it, as Prometheus does", async () => {
    const { type, body, value } = await ask(
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    )
    expect(type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8")
    expect(body).toContain("# TYPE test_requests counter\n")
    expect(body.endsWith("\n# EOF\n")).toBe(true)
    expect(value('test_requests_total{outcome="valid",cache="hit"}')).toBe(1)
  })

  it("speaks the older text with everybody else, and promtool finds nothing to say about it", async () => {
    const { type, body, value } = await ask()
    expect(type).toBe("text/plain; version=0.0.4; charset=utf-8")
    expect(body).toContain("# TYPE test_requests_total counter\n")
    expect(body).not.toContain("# EOF")
    expect(value('test_requests_total{outcome="valid",cache="hit"}')).toBe(1)
    expect(checkMetrics(body)).toBe("")
  })

  it("tells what runs, and how Node is", async () => {
    const { value, sum } = await ask()
    expect(value(`kit_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1)
    for (const name of ["process_resident_memory_bytes", "nodejs_heap_size_used_bytes", "process_start_time_seconds"])
      expect(sum(name)).toBeGreaterThan(0)
    const { text } = await ask()
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
    expect(text).toMatch(/^# TYPE nodejs_gc_duration_seconds histogram$/m)
  })
})
