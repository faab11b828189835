/** Header fields as they were sent. */

/**
 * Every value of a header field, in the order in which they came. `IncomingMessage.headers` is no substitute: of two, Node keeps the first
 * or joins them, silently.
 * @param rawHeaders name, value, name, value… as `IncomingMessage.rawHeaders` has them
 * @param name in lower case
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  // By length first: it runs for every request, over all of its fields.
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === name.length && rawHeaders[i]?.toLowerCase() === name)
      values.push(rawHeaders[i + 1] ?? "")
  return values
}
