import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, expectTypeOf, it } from "vitest"
import {
  ConfigurationError,
  cidrs,
  commonSettings,
  contentOf,
  flag,
  hostsAndPorts,
  list,
  oneOf,
  port,
  rateLimit,
  readSettings,
  redisConfigured,
  redisSettings,
  SETTING_NAMES,
  seconds,
  text,
  url,
} from "../src/index.ts"

const table = {
  ...commonSettings,
  PORT: { parse: port, default: 3001, meaning: "port" },
  AUTH_MODE: { parse: oneOf("internal", "external"), default: "internal", meaning: "mode" },
  AUTH_SERVER_URL: { parse: url, meaning: "issuer" },
  INTROSPECTION_CLIENT_SECRET: { parse: text, secret: true, meaning: "secret" },
} as const

const file = (content: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), "settings-")), "secret")
  writeFileSync(path, content)
  return path
}

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readSettings(table, env)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).problems
  }
}

describe("OAuth services: settings", () => {
  it("reads values, defaults and what is absent, with their types", () => {
    const values = readSettings(table, { PORT: "8080", AUTH_SERVER_URL: "https://as.test", LOG_LEVEL: "" })
    expect(values).toMatchObject({
      PORT: 8080,
      AUTH_MODE: "internal",
      AUTH_SERVER_URL: "https://as.test",
      LOG_LEVEL: "info",
    })
    expectTypeOf(values.PORT).toEqualTypeOf<number>()
    expectTypeOf(values.AUTH_MODE).toEqualTypeOf<"internal" | "external">()
    expectTypeOf(values.AUTH_SERVER_URL).toEqualTypeOf<string | undefined>()
  })

  it("U5 takes a blank value for an absent one", () => {
    expect(readSettings(table, { AUTH_SERVER_URL: "  " }).AUTH_SERVER_URL).toBeUndefined()
  })

  it("repeats a wrong value only where it is a short word or a path: anything else may be a secret in the wrong variable", () => {
    const file = { FILE: { parse: contentOf, meaning: "a file" } }
    const problem = (FILE: string) => {
      try {
        readSettings(file, { FILE })
      } catch (error) {
        return (error as ConfigurationError).problems[0]
      }
      return undefined
    }
    const sentence = "FILE must be the path of a readable file"
    expect(problem("clients.json")).toBe(`${sentence}, not "clients.json"`)
    expect(problem("/etc/no such")).toBe(`${sentence}, not "/etc/no such"`)
    expect(problem("/etc/gatehouse/secrets/clients.json")).toBe(
      `${sentence}, not "/etc/gatehouse/secrets/clients.json"`,
    )
    for (const secret of ['{"keys":[]}', "a://u:p@h", "x".repeat(21), "eyJrZXlzIjpbeyJkIjoic2VjcmV0In1dfQ=="])
      expect(problem(secret)).toBe(sentence)
  })

  it("tells every problem at once, a sentence each", () => {
    const problems = problemsOf({
      PORT: "70000",
      AUTH_MODE: "both",
      AUTH_SERVER_URL: "as.test",
      REDIS_ULR: "x",
      BASE_URL: "x",
    })
    expect(problems).toEqual([
      "REDIS_ULR is not known; did you mean REDIS_URL?",
      "BASE_URL is not known; did you mean BASE_URI?",
      'PORT must be a whole number from 0 to 65535, not "70000"',
      'AUTH_MODE must be one of internal, external, not "both"',
      'AUTH_SERVER_URL must be a URL that begins with https:// or http://, not "as.test"',
    ])
  })

  it.each([
    ["MANAGMENT_PORT", "MANAGEMENT_PORT"],
    ["ALLOWED_ORIGIN", "ALLOWED_ORIGINS"],
    ["TRUSTED_PROXY", "TRUSTED_PROXIES"],
    ["INTROSPECTION_CLIENT_SECRETS", "INTROSPECTION_CLIENT_SECRET"],
    ["LOG_LEVELS", "LOG_LEVEL"],
    ["SCOPES_PREFIX", "SCOPE_PREFIX"],
  ])("takes %s for a mistake for %s", (name, meant) => {
    expect(problemsOf({ [name]: "1" })).toEqual([
      expect.stringContaining(`${name} is not known; did you mean ${meant}`),
    ])
  })

  it("names an unknown member of our families", () => {
    expect(problemsOf({ REDIS_SOMETHING_ELSE: "1" })).toEqual(["REDIS_SOMETHING_ELSE is not known"])
  })

  it("leaves other people's variables alone, and those that Kubernetes writes for Services", () => {
    const foreign = {
      PATH: "/bin",
      HOME: "/",
      HOSTNAME: "pod-1",
      NODE_OPTIONS: "--x",
      NODE_VERSION: "24",
      OTEL_SERVICE_NAME: "x",
      TOKEN: "x",
      LOG_DIR: "/x",
      npm_config_cache: "x",
      DEBUG_COLORS: "1",
      PORTER: "x",
      AUTH_TOKEN: "x",
      SCOPE: "x",
      BASE_DIR: "/",
    }
    const links = Object.fromEntries(
      ["REDIS", "AUTH", "MCP", "MANAGEMENT", "GATEHOUSE_AUTH", "REDIS_MASTER"].flatMap((service) => [
        [`${service}_SERVICE_HOST`, "10.0.0.1"],
        [`${service}_SERVICE_PORT`, "6379"],
        [`${service}_SERVICE_PORT_REDIS`, "6379"],
        [`${service}_PORT`, "tcp://10.0.0.1:6379"],
        [`${service}_PORT_6379_TCP`, "tcp://10.0.0.1:6379"],
        [`${service}_PORT_6379_TCP_PROTO`, "tcp"],
        [`${service}_PORT_6379_TCP_PORT`, "6379"],
        [`${service}_PORT_6379_TCP_ADDR`, "10.0.0.1"],
      ]),
    )
    expect(problemsOf({ ...foreign, ...links })).toEqual([])
    expect(problemsOf({ REDIS_PORT: "6379" })).toHaveLength(1)
  })

  it("accepts every name of the product, whichever service reads it", () => {
    const values: NodeJS.ProcessEnv = Object.fromEntries(
      SETTING_NAMES.filter((name) => !(name in table)).map((name) => [name, "x"]),
    )
    delete values["INTROSPECTION_CLIENT_SECRET_FILE"]
    expect(problemsOf(values)).toEqual([])
  })

  it("reads a secret from X_FILE, without the file's last line break", () => {
    const read = (env: NodeJS.ProcessEnv) => readSettings(table, env).INTROSPECTION_CLIENT_SECRET
    expect(read({ INTROSPECTION_CLIENT_SECRET_FILE: file("s3cret\n") })).toBe("s3cret")
    expect(read({ INTROSPECTION_CLIENT_SECRET: "s3cret" })).toBe("s3cret")
  })

  it("Z5 refuses a secret given twice, an empty file, and a file that is not there", () => {
    const name = "INTROSPECTION_CLIENT_SECRET"
    expect(problemsOf({ [name]: "planted", [`${name}_FILE`]: file("planted") })).toEqual([
      `${name} is given twice, as ${name} and as ${name}_FILE`,
    ])
    expect(problemsOf({ [`${name}_FILE`]: file("\n") })).toEqual([`${name} is given by an empty file`])
    expect(problemsOf({ [`${name}_FILE`]: "/nowhere/planted" })).toEqual([
      `${name} must be the path of a readable file`,
    ])
  })

  it("Y0 never prints a secret, not even a bad one", () => {
    const strict = {
      REDIS_URL: redisSettings.REDIS_URL,
      UPSTREAM_CLIENT_SECRET: {
        parse: (value: string) => {
          throw new Error(`is bad: ${value}`)
        },
        secret: true,
        meaning: "",
      },
    }
    expect(() => readSettings(strict, { REDIS_URL: "http://:planted@h", UPSTREAM_CLIENT_SECRET: "planted" })).toThrow(
      "REDIS_URL must be a URL that begins with redis:// or rediss://\nUPSTREAM_CLIENT_SECRET is not valid",
    )
  })

  it("takes DEBUG=* for LOG_LEVEL=debug", () => {
    expect(readSettings(table, { DEBUG: "*", LOG_LEVEL: "warn" }).LOG_LEVEL).toBe("debug")
    expect(readSettings(table, { DEBUG: "other", LOG_LEVEL: "warn" }).LOG_LEVEL).toBe("warn")
  })

  it("Z11 refuses what loosens security in production, and only there", () => {
    const loose = {
      INSECURE_COOKIES: "true",
      DANGEROUSLY_ALLOW: "1",
      ALLOW_PRIVATE_ADDRESSES: "yes",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
    }
    expect(
      problemsOf({ NODE_ENV: "production", ...loose }).filter((problem) => problem.includes("production")),
    ).toHaveLength(4)
    expect(problemsOf({ INSECURE_COOKIES: "true" })).toEqual([])
    expect(problemsOf({ NODE_ENV: "production", INSECURE_COOKIES: "false", ALLOW_DEMO_IDENTITY: "true" })).toEqual([])
  })
})

describe("OAuth services: parsers of settings", () => {
  it("reads lists, flags, addresses and limits", () => {
    expect(list(" a, b ,,c")).toEqual(["a", "b", "c"])
    expect([flag("true"), flag("0")]).toEqual([true, false])
    expect(cidrs("10.0.0.0/8, 192.0.2.1,fd00::/8")).toEqual(["10.0.0.0/8", "192.0.2.1", "fd00::/8"])
    expect(hostsAndPorts("a:1,[::1]:2")).toEqual([
      { host: "a", port: 1 },
      { host: "::1", port: 2 },
    ])
    expect([rateLimit("off"), rateLimit("60")]).toEqual(["off", 60])
    expect(url("https://as.test")).toBe("https://as.test")
  })

  it.each<[(value: string) => unknown, string[]]>([
    [port, ["", "x", "1.5", "0x10", "1e3", " 1", "65536", "-1"]],
    [seconds, ["60s", "-1", "Infinity"]],
    [flag, ["yes", "TRUE", ""]],
    [cidrs, ["10.0.0.0/33", "10.0.0/8", "all", "10.0.0.0/", "10.0.0.0/8x", "fd00::/129"]],
    [hostsAndPorts, ["a", "a:b", "a:70000", "::1:2", "[x]:1"]],
    [rateLimit, ["0", "-1", "many", "1.5"]],
    [url, ["as.test", "ftp://a", "https://", "javascript:alert(1)"]],
  ])("%o refuses %o", (parse, values) => {
    for (const value of values) expect(() => parse(value), value).toThrow()
  })

  it("knows whether Redis is configured", () => {
    expect(redisConfigured(readSettings(redisSettings, {}))).toBe(false)
    expect(redisConfigured(readSettings(redisSettings, { REDIS_CLUSTER_NODES: "a:1,b:2" }))).toBe(true)
  })
})
