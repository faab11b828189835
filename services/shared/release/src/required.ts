/** Settings that a program cannot do without. */
import { ConfigurationError } from "@gatehouse/service-kit"

type Given<T, Name extends keyof T> = T & { [K in Name]: Exclude<T[K], undefined> }

/** @throws ConfigurationError that names every one that is missing */
export function required<T, const Name extends keyof T & string>(values: T, names: readonly Name[]): Given<T, Name> {
  const missing = names.filter((name) => values[name] === undefined)
  if (missing.length > 0) throw new ConfigurationError(missing.map((name) => `${name} is needed`))
  return values as Given<T, Name>
}
