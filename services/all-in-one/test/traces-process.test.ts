import { findFreePort, startSpanReceiver } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { untilReady } from "./processes.ts"
import { run } from "./traced-services.ts"

describe("Traces and a process", () => {
  /** The authorization server alone, in memory. */
  async function startAuth(env: Record<string, string>, args: string[] = []) {
    const [port, managementPort] = [await findFreePort(), await findFreePort()]
    const base = { PORT: String(port), MANAGEMENT_PORT: String(managementPort), OTEL_BSP_SCHEDULE_DELAY: "50" }
    const running = run("services/auth/src/main.ts", { ...base, ...env }, args)
    onTestFinished(async () => void (await running.end()))
    await untilReady(running, managementPort)
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/jwks`)).status
    const end = async () => {
      const begunAt = performance.now()
      return { code: await running.end(), milliseconds: performance.now() - begunAt }
    }
    return { output: running.output, ask, end }
  }

  it.each(["refuses connections", "accepts them and never answers"])(
    "a collector that %s changes no answer, and holds up the end for three seconds at most",
    async (how) => {
      const collector = await startSpanReceiver()
      if (how.startsWith("refuses")) await collector.close()
      else {
        collector.mode = "silent"
        onTestFinished(collector.close)
      }
      const auth = await startAuth({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
      for (let i = 0; i < 20; i++) expect(await auth.ask()).toBe(200)
      const { code, milliseconds } = await auth.end()
      expect(code).toBe(0)
      expect(milliseconds).toBeLessThan(4_500)
      expect(auth.output().match(/traces are not exported/g)).toHaveLength(1)
    },
  )

  it("what was recorded before the end is sent before the end", async () => {
    const collector = await startSpanReceiver()
    onTestFinished(collector.close)
    const auth = await startAuth({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: "60000" })
    await auth.ask()
    expect(collector.spans()).toEqual([])
    expect((await auth.end()).code).toBe(0)
    expect(collector.spans().map(({ name }) => name)).toEqual(["GET /jwks"])
  })

  it("an outage of the collector is two lines, and what is recorded after it arrives", async () => {
    const collector = await startSpanReceiver()
    onTestFinished(collector.close)
    collector.mode = 400
    const auth = await startAuth({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    await auth.ask()
    await expect.poll(auth.output).toContain("traces are not exported")
    collector.mode = 200
    await auth.ask()
    await expect.poll(auth.output).toContain("traces are exported again")
    expect(collector.spans()).toHaveLength(1)
  })

  /** Tells every file of OpenTelemetry that is loaded, however it is imported. */
  const tellLoaded = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from "node:module"
    registerHooks({ load(url, context, next) {
      const found = /@opentelemetry\\/([\\w-]+)\\//.exec(url)
      if (found) process.stdout.write("loaded " + found[1] + "\\n")
      return next(url, context)
    } })`)}`
  const loadedBy = (output: string) => [...new Set([...output.matchAll(/^loaded (.+)$/gm)].map(([, name]) => name))]

  it("without an endpoint nothing is loaded but the API, whatever else is set", async () => {
    const others = { OTEL_SERVICE_NAME: "x", OTEL_TRACES_SAMPLER: "always_on", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }
    const auth = await startAuth(others, ["--import", tellLoaded])
    expect(await auth.ask()).toBe(200)
    expect(loadedBy(auth.output())).toEqual(["api"])
    expect(auth.output()).not.toContain("trace_id")
    const collector = await startSpanReceiver()
    onTestFinished(collector.close)
    const traced = await startAuth({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, ["--import", tellLoaded])
    expect(loadedBy(traced.output())).toContain("sdk-trace")
    const off = await startAuth({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: "true" }, [
      "--import",
      tellLoaded,
    ])
    expect(loadedBy(off.output())).toEqual(["api"])
  })
})
