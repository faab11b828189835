/** The machinery of `npm run drill`: a real Prometheus, one fault, two small rules. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { createHttpFaultProxy } from "../../../deploy/drill/http-faults.ts"
import { startMonitoring } from "../../../deploy/drill/monitoring.ts"
import { findTools } from "../../../deploy/drill/tools.ts"
import { soak, tryFault } from "../../../deploy/drill/try-fault.ts"

const rules = JSON.stringify({
  groups: [
    {
      name: "drill",
      rules: [
        { alert: "Hot", expr: "temperature > 30", for: "1s", labels: { reason: "sun" } },
        { alert: "Cold", expr: "temperature < 0" },
      ],
    },
  ],
})

const PATIENCE = { fireMs: 10_000, lingerMs: 2_000, resolveMs: 10_000 }

async function startServer(answer: () => string): Promise<number> {
  const server = createServer((_request, response) => response.end(answer())).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function startWeather() {
  let temperature = 20
  const port = await startServer(() => `# TYPE temperature gauge\ntemperature ${temperature}\n`)
  const programs = findTools(["prometheus"])
  const monitoring = await startMonitoring({
    programs,
    rules: { "weather.yml": rules },
    targets: { weather: `127.0.0.1:${port}` },
  })
  onTestFinished(() => monitoring.stop())
  /** @param back what it is afterwards */
  const becomes = (then: number, back = 20) => ({
    async induce() {
      temperature = then
      return () => {
        temperature = back
      }
    },
  })
  return { monitoring, becomes }
}

describe("OAuth services: the machinery of the fault drill", () => {
  it("sees that the right alert fires and is over, that another is no right one, and what is left over", async () => {
    const { monitoring, becomes } = await startWeather()
    expect(await soak(monitoring, 2_000)).toEqual([])

    const hot = ["Hot weather sun"]
    const right = await tryFault({ name: "summer", expected: hot, ...becomes(40) }, monitoring, PATIENCE)
    expect(right).toMatchObject({ fired: hot, wrong: [] })
    expect(right.firedAfterSeconds).toBeGreaterThan(0.9)
    expect(right.resolvedAfterSeconds).toBeDefined()

    const impatient = { ...PATIENCE, fireMs: 4_000, resolveMs: 1_000 }
    const wrong = await tryFault({ name: "winter", expected: hot, ...becomes(-10, -10) }, monitoring, impatient)
    expect(wrong).toMatchObject({ fired: ["Cold weather"], firedAfterSeconds: undefined })
    expect(wrong.wrong).toEqual([
      "Hot weather sun did not fire",
      "Cold weather fired too",
      "Cold weather is not over in time",
    ])

    await monitoring.forget()
    const late = await tryFault({ name: "winter", expected: [], ...becomes(-10) }, monitoring, PATIENCE)
    expect(late.wrong).toContain("Cold weather fired too")
  }, 60_000)

  it("names a program that is missing, and its Debian package, in one sentence", () => {
    expect(() => findTools(["prometheus", "alertmanager"], (program) => program === "prometheus")).toThrow(
      "This needs prometheus-alertmanager or alertmanager: on Debian, apt-get install prometheus-alertmanager",
    )
    expect(findTools(["alertmanager"], (program) => program === "alertmanager")).toEqual({
      alertmanager: "alertmanager",
    })
  })

  it("lets requests pass, answers in their place, delays them, or changes their credentials", async () => {
    const heard: (string | undefined)[] = []
    const server = createServer((request, response) => {
      heard.push(request.headers.authorization)
      response.end("server")
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const proxy = await createHttpFaultProxy((server.address() as AddressInfo).port)
    onTestFinished(() => proxy.close())
    const ask = async (path = "/") => {
      const answer = await fetch(proxy.url + path, { headers: { authorization: "own", connection: "close" } })
      return `${answer.status} ${await answer.text()}`
    }
    expect(await ask()).toBe("200 server")
    proxy.fault = { path: /^\/broken/, answer: { status: 500, body: "fault" } }
    expect([await ask("/broken"), await ask("/whole")]).toEqual(["500 fault", "200 server"])
    proxy.fault = { delayMs: 200 }
    const started = performance.now()
    expect(await ask()).toBe("200 server")
    expect(performance.now() - started).toBeGreaterThan(190)
    proxy.fault = { authorization: "another's" }
    expect(await ask()).toBe("200 server")
    expect(heard).toEqual(["own", "own", "own", "another's"])
  })
})
