/** Secrets that the chart refers to and that are not there: their variables are empty, since the preflight's references are optional. */
import { ConfigurationError, list } from "@gatehouse/service-kit"

/** A variable, and the key of the Secret that it is taken from. */
export interface SecretReference {
  name: string
  secret: string
  key: string
  /** The value of the chart that led to this Secret, where that is another than the variable's own. */
  value?: string
}

/** `NAME=secret/key` or `NAME=secret/key@value`, between commas. */
export const parseSecretReferences = (text: string): SecretReference[] =>
  list(text).map((each) => {
    const [, name, secret, key, value] = /^(\w+)=([^/]+)\/([^/@]+)(?:@([\w.]+))?$/.exec(each) ?? []
    if (name === undefined || secret === undefined || key === undefined)
      throw new Error("must be NAME=secret/key, between commas")
    return { name, secret, key, ...(value !== undefined && { value }) }
  })

/** @throws ConfigurationError that names every one that is missing; those of one value in one sentence */
export function requireSecrets(references: readonly SecretReference[], env: NodeJS.ProcessEnv): void {
  const missing = references.filter(({ name }) => (env[name] ?? "").trim() === "")
  if (missing.length === 0) return
  const byCause = Map.groupBy(missing, ({ name, secret, value }) => (value === undefined ? name : `${value} ${secret}`))
  throw new ConfigurationError([...byCause.values()].map(sentenceFor))
}

function sentenceFor(references: readonly SecretReference[]): string {
  const [first] = references
  const keys = references.map(({ key }) => key)
  const absent = `there is no Secret ${first?.secret} with a key ${keys.join(" and a key ")} in this namespace`
  return first?.value === undefined
    ? `${absent}, and ${first?.name} is taken from it: create it, or name another`
    : `${absent}, to which ${first.value} leads: correct that, or install that release first`
}
