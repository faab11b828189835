/** Loaded into the authorization server by the drill (`--import`): its metadata and its keys cannot be written as JSON any more. */

const { stringify } = JSON

const isDocument = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("jwks_uri" in value || "keys" in value)

JSON.stringify = (value: unknown, ...others: unknown[]): string => {
  if (isDocument(value)) throw new Error("broken by the drill")
  return Reflect.apply(stringify, JSON, [value, ...others])
}
