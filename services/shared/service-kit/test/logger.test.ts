import { describe, expect, it } from "vitest"
import { recordedLog } from "./log-lines.ts"

describe("OAuth services: the log", () => {
  it("Y2 keeps plain fields, drops objects, and never shows a field named like a secret", () => {
    const { log, entries, text } = recordedLog()
    log.warn(
      {
        clientId: "c1",
        attempts: 3,
        scopes: ["mcp"],
        request: { headers: "planted" },
        args: [{ a: "planted" }],
        accessToken: "planted",
        client_secret: "planted",
        password: "planted",
        code_verifier: "planted",
        cookie: "planted",
        tokens: 2,
      },
      "seen",
    )
    expect(text()).not.toContain("planted")
    expect(entries()[0]).toMatchObject({
      level: "warn",
      name: "test",
      msg: "seen",
      clientId: "c1",
      attempts: 3,
      scopes: ["mcp"],
      tokens: 2,
    })
  })

  it("Y2 Y4 shows an error's type, code, message, frames and causes, never what is attached or what JSON.parse quotes", () => {
    const { log, entries, text } = recordedLog()
    const parse = (): unknown => {
      try {
        return JSON.parse("planted")
      } catch (error) {
        return error
      }
    }
    const error = Object.assign(new Error("outer", { cause: parse() }), {
      code: "EOUTER",
      config: { headers: "planted" },
    })
    log.error(error)
    log.error({ err: parse() })
    log.error({ err: new Error("ERR unknown command 'X', with args beginning with: 'planted'") }, "redis")
    log.error({ error: { message: "planted" } }, "not an error")
    expect(text()).not.toContain("planted")
    expect(entries()[0]?.["err"]).toMatchObject({
      type: "Error",
      code: "EOUTER",
      message: "outer",
      cause: { type: "SyntaxError" },
    })
    expect(JSON.stringify(entries()[0])).toContain("logger.test.ts")
  })

  it("Y7 keeps a line a line, whatever stands in a field", () => {
    const { log, lines } = recordedLog()
    log.info({ clientName: 'a\r\n\x1b[31m{"level":"fatal"}' }, "registered")
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}/u)
  })

  it("logs from the level on", () => {
    const { log, lines } = recordedLog("warn")
    log.info("no")
    log.warn("yes")
    expect(lines).toHaveLength(1)
  })
})
