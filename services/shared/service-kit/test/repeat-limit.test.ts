import { describe, expect, it, vi } from "vitest"
import { createLogger, tellRepeats } from "../src/logger.ts"
import { repeatable } from "../src/repeat-limit.ts"

function start(level = "info") {
  const lines: Record<string, unknown>[] = []
  let nowMs = 1_000
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const log = createLogger({ name: "test", level, destination, nowMs: () => nowMs })
  const told = () => lines.splice(0).map(({ level, line, lines, msg }) => ({ level, line, lines, msg }))
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { log, told, pass }
}

const times = (count: number, work: () => void) => {
  for (let i = 0; i < count; i++) work()
}

describe("Lines that anybody can cause", () => {
  it("are written sixty times a minute, and then counted, each kind for itself", () => {
    const { log, told, pass } = start()
    times(2_000, () => log.info(repeatable({ reason: "unknown" }), "access token refused"))
    times(70, () => log.child({ request_id: "1" }).warn(repeatable({ route: "/mcp", status: 401 }), "request"))
    times(60, () => log.info(repeatable({ reason: "expired" }), "access token refused"))
    expect(told()).toHaveLength(180)
    pass(60_000)
    log.info(repeatable({ reason: "unknown" }), "access token refused")
    expect(told()).toEqual([
      { level: "info", line: "access token refused unknown", lines: 1_940, msg: "not logged" },
      { level: "warn", line: "request /mcp 401", lines: 10, msg: "not logged" },
      { level: "info", msg: "access token refused" },
    ])
  })

  it("are told of at the end of the minute when no more come, and when the process ends", () => {
    vi.useFakeTimers()
    try {
      const { log, told, pass } = start()
      times(61, () => log.info(repeatable({}), "refused"))
      told()
      pass(60_000)
      vi.advanceTimersByTime(60_000)
      expect(told()).toEqual([{ level: "info", line: "refused", lines: 1, msg: "not logged" }])
      times(100, () => log.info(repeatable({}), "refused"))
      tellRepeats(log)
      expect(told().at(-1)).toMatchObject({ line: "refused", lines: 40 })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it("are all written for whoever asks for every line, and what is not marked always is", () => {
    const [all, some] = [start("debug"), start()]
    times(100, () => all.log.info(repeatable({ reason: "unknown" }), "refused"))
    times(100, () => some.log.info({ reason: "unknown" }, "issued"))
    expect([all.told().length, some.told().length]).toEqual([100, 100])
  })

  it("of more kinds than there should be are counted together", () => {
    const { log, told } = start()
    times(2_000, () => log.info(repeatable({ reason: Math.random() }), "refused"))
    expect(told()).toHaveLength(1_060)
    tellRepeats(log)
    expect(told()).toEqual([{ level: "info", line: "others", lines: 940, msg: "not logged" }])
  })
})
