/** The environment, read once: every problem is found and told before the process refuses to start. */
import { contentOf } from "./parsers.ts"
import { isServiceLink, nearestSetting, SETTING_NAMES } from "./setting-names.ts"

/** One environment variable. `parse` throws an Error whose message ends the sentence "NAME …". */
export interface Setting<T> {
  parse: (text: string, name: string) => T
  default?: T
  /** Never shown, and `NAME_FILE` may name a file that holds it. */
  secret?: boolean
  /** One line, for the reference. */
  meaning: string
}

/** A service's table, by the variables' names. */
export type Settings = Record<string, Setting<unknown>>

/** A setting without a default may be undefined. */
export type ValuesOf<S extends Settings> = {
  [Name in keyof S]: S[Name] extends { default: unknown }
    ? ReturnType<S[Name]["parse"]>
    : ReturnType<S[Name]["parse"]> | undefined
}

/** The process must not start like this. One sentence a problem, one problem a line, no secret in any. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError"
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join("\n"))
    this.problems = problems
  }
}

/**
 * Reads a table of settings. An empty variable is an absent one.
 * @throws ConfigurationError with every problem at once
 */
export function readSettings<const S extends Settings>(settings: S, env: NodeJS.ProcessEnv): ValuesOf<S> {
  const given = givenBy(env)
  const problems = [...unknownNames(settings, given), ...permissionsIn(given)]
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    try {
      const text = textOf(name, setting, given)
      values[name] = text === undefined ? setting.default : setting.parse(text, name)
    } catch (error) {
      problems.push(problemOf(name, setting, { error, given }))
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  return values as ValuesOf<S>
}

type Given = ReadonlyMap<string, string>

/** What people set: no blank values, nothing that Kubernetes wrote. `DEBUG=*` is how people ask for everything: it means LOG_LEVEL=debug. */
function givenBy(env: NodeJS.ProcessEnv): Given {
  const given = new Map<string, string>()
  for (const [name, value = ""] of Object.entries(env))
    if (value.trim() !== "" && !isServiceLink(name, value)) given.set(name, value)
  if (given.get("DEBUG") === "*") given.set("LOG_LEVEL", "debug")
  return given
}

function textOf(name: string, setting: Setting<unknown>, given: Given): string | undefined {
  const text = given.get(name)
  const path = setting.secret ? given.get(`${name}_FILE`) : undefined
  if (path === undefined) return text
  if (text !== undefined) throw new Error(`is given twice, as ${name} and as ${name}_FILE`)
  const content = contentOf(path).replace(/\r?\n$/, "")
  if (content === "") throw new Error("is given by an empty file")
  return content
}

function problemOf(
  name: string,
  { secret }: Setting<unknown>,
  { error, given }: { error: unknown; given: Given },
): string {
  const reason = error instanceof Error ? error.message : "is not valid"
  const sentence = reason.startsWith(name) ? reason : `${name} ${reason}`
  const text = given.get(name)
  if (secret) return text !== undefined && sentence.includes(text) ? `${name} is not valid` : sentence
  return text === undefined || sentence.includes(text) || !mayBeShown(text) ? sentence : `${sentence}, not "${text}"`
}

/**
 * Only a short word or a path: what is not as it should be may be a secret that was put into the wrong variable, a URL with a password,
 * or the content of a file of secrets in place of its path.
 */
const mayBeShown = (text: string): boolean => /^[\w .:,/-]{1,20}$/.test(text) || /^[./~][\w./-]{1,254}$/.test(text)

function unknownNames(settings: Settings, given: Given): string[] {
  const known = new Set([...SETTING_NAMES, ...Object.keys(settings)])
  return [...given.keys()].flatMap((name) => {
    const meant = known.has(name) ? undefined : nearestSetting(name)
    if (meant === undefined) return []
    return [meant === "" ? `${name} is not known` : `${name} is not known; did you mean ${meant}?`]
  })
}

/** What loosens security for an experiment has no place in production. ALLOW_DEMO_IDENTITY and ALLOW_HTTP_ISSUER say what they allow, and may. */
function permissionsIn(given: Given): string[] {
  if (given.get("NODE_ENV") !== "production") return []
  const loosening = (name: string, value: string) =>
    name === "NODE_TLS_REJECT_UNAUTHORIZED"
      ? value === "0"
      : /^(DANGEROUSLY_|INSECURE_|ALLOW_PRIVATE_ADDRESSES$)/.test(name) && !/^(false|0|off|no)$/i.test(value)
  return [...given]
    .filter(([name, value]) => loosening(name, value))
    .map(([name]) => `${name} must not be set in production (NODE_ENV=production)`)
}
