/** How the text of an environment variable becomes a value. Each throws an Error whose message is the end of a sentence that begins with the name. */
import { readFileSync } from "node:fs"
import { BlockList, isIP, isIPv6 } from "node:net"

export const text = (value: string): string => value

/** A whole number in decimal digits. */
export const integer =
  ({ min, max }: { min: number; max: number }) =>
  (value: string): number => {
    const number = Number(value)
    if (!/^-?\d+$/.test(value) || number < min || number > max)
      throw new Error(`must be a whole number from ${min} to ${max}`)
    return number
  }

/** 0 lets the system choose. */
export const port = integer({ min: 0, max: 65_535 })

/** A duration in whole seconds; at most ten years. */
export const seconds = integer({ min: 0, max: 315_360_000 })

export function flag(value: string): boolean {
  if (value === "true" || value === "1") return true
  if (value === "false" || value === "0") return false
  throw new Error("must be true or false")
}

export const oneOf =
  <const T extends string>(...choices: T[]) =>
  (value: string): T => {
    const choice = choices.find((each) => each === value)
    if (choice === undefined) throw new Error(`must be one of ${choices.join(", ")}`)
    return choice
  }

/** Values between commas; blanks around them do not count. */
export const list = (value: string): string[] =>
  value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")

/** An absolute URL with one of the schemes, kept as it was written: `new URL().href` would add a slash. */
const urlWith =
  (...schemes: string[]) =>
  (value: string): string => {
    if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol.slice(0, -1)))
      throw new Error(`must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`)
    return value
  }

export const url = urlWith("https", "http")
export const redisUrl = urlWith("redis", "rediss")

export interface HostAndPort {
  host: string
  port: number
}

/** `host:port` between commas; an IPv6 address stands in brackets. */
export const hostsAndPorts = (value: string): HostAndPort[] =>
  list(value).map((each) => {
    const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(each)
    const [, ipv6, name, digits] = found ?? []
    const host = ipv6 ?? name
    if (host === undefined || (ipv6 !== undefined && !isIPv6(ipv6)))
      throw new Error("must be host:port, between commas")
    return { host, port: port(digits ?? "") }
  })

/** Address ranges, such as 10.0.0.0/8; a single address is a range of one. */
export const cidrs = (value: string): string[] => {
  const ranges = list(value)
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/")
    const family = isIP(address)
    try {
      if (prefix !== undefined && !/^\d+$/.test(prefix)) throw new Error()
      new BlockList().addSubnet(address, Number(prefix ?? (family === 6 ? 128 : 32)), family === 6 ? "ipv6" : "ipv4")
    } catch {
      throw new Error("must be address ranges such as 10.0.0.0/8, between commas")
    }
  }
  return ranges
}

/** Requests a minute, or off. */
export function rateLimit(value: string): number | "off" {
  if (value === "off") return "off"
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error("must be off, or a number of requests a minute")
  return Number(value)
}

/** The path of a file; the value is what the file holds. */
export function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    throw new Error("must be the path of a readable file")
  }
}

/** A file that is read and checked at start; what is wrong with it is told with its path. */
export const fileOf =
  <T>(parse: (content: string) => T) =>
  (path: string): T => {
    const content = contentOf(path)
    try {
      return parse(content)
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`)
    }
  }
