/** A hundred resources to page through: those with odd numbers are text, those with even numbers bytes. */
import { type McpServer, ResourceNotFoundError, ResourceTemplate } from "@modelcontextprotocol/server"

export const RESOURCE_COUNT = 100
const CACHE_MS = 3_600_000

export const numberedUri = (number: number): string => `demo://resource/${number}`

const isText = (number: number): boolean => number % 2 === 1
const mimeTypeOf = (number: number): string => (isText(number) ? "text/plain" : "application/octet-stream")

const described = (number: number) => ({
  uri: numberedUri(number),
  name: `resource-${number}`,
  title: `Resource ${number}`,
  mimeType: mimeTypeOf(number),
})

/** As `resources/list` shows them, in order. */
export const numberedResources = Array.from({ length: RESOURCE_COUNT }, (_, index) => described(index + 1))

export function numberedContents(number: number) {
  const [uri, mimeType, text] = [numberedUri(number), mimeTypeOf(number), `This is resource ${number}.`]
  return isText(number) ? { uri, mimeType, text } : { uri, mimeType, blob: Buffer.from(text).toString("base64") }
}

/** The number that a URI's variable spells, without leading zeros: one resource has one URI. */
function numberOf(id: string): number | undefined {
  const number = /^[1-9]\d{0,2}$/.test(id) ? Number(id) : Number.NaN
  return number <= RESOURCE_COUNT ? number : undefined
}

const completeId = (value: string): string[] =>
  Array.from({ length: RESOURCE_COUNT }, (_, index) => String(index + 1)).filter((id) => id.startsWith(value))

export function registerNumberedResources(server: McpServer): void {
  const template = new ResourceTemplate("demo://resource/{id}", { list: undefined, complete: { id: completeId } })
  server.registerResource(
    "numbered-resource",
    template,
    {
      title: "Numbered resource",
      description: `Resource 1 to ${RESOURCE_COUNT}: text when odd, binary when even`,
      cacheHint: { ttlMs: CACHE_MS, cacheScope: "public" }, // the same for everybody, and never another
    },
    async (uri, { id }) => {
      const number = numberOf(String(id))
      if (number === undefined) throw new ResourceNotFoundError(uri.href)
      return { contents: [numberedContents(number)] }
    },
  )
}
