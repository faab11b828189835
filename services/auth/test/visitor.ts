/** A person's browser as far as HTTP goes: it keeps cookies, follows nothing by itself, and can be told to send anything. */
import { createHash, randomBytes } from "node:crypto"
import { type IncomingHttpHeaders, request } from "node:http"

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** Parameters of the Location's query. */
  redirected: URLSearchParams
}

export interface Sent {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string
}

export function send(port: number, { method = "GET", path, headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
      incoming.on("end", () => {
        const location = incoming.headers.location ?? ""
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString("utf8"),
          redirected: new URLSearchParams(location.split("?").slice(1).join("?")),
        })
      })
    })
    outgoing.on("error", reject)
    outgoing.end(body)
  })
}

export const sendJson = (port: number, path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(port, {
    method: "POST",
    path,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })

/** The fields that a page's first form would post. */
export function hiddenFields(page: string): Record<string, string> {
  const form = /<form[\s\S]*?<\/form>/.exec(page)?.[0] ?? ""
  const inputs = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return Object.fromEntries([...inputs].map(([, name, value]) => [name, value]))
}

export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly port: number
  constructor(port: number) {
    this.port = port
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send({ path, headers })
  }

  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send({
      method: "POST",
      path,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams(fields).toString(),
    })
  }

  async send(sent: Sent): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const headers = { ...(cookie !== "" && { cookie }), ...sent.headers }
    const answer = await send(this.port, { ...sent, headers })
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.cookies.set(name, value)
    }
    return answer
  }

  /** Approves what a consent page asks; the path of the sign-in page that follows. */
  async approve(consentPage: Answer): Promise<string> {
    const answer = await this.post("/consent", { ...hiddenFields(consentPage.body), decision: "approve" })
    return pathOf(answer.headers.location ?? "")
  }

  /** The whole way from the authorization request to the redirect with the code. */
  async authorize(path: string, name = "Ada"): Promise<Answer> {
    const signInPage = await this.get(await this.approve(await this.get(path)))
    return this.post("/sign-in", { ...hiddenFields(signInPage.body), name })
  }
}

const pathOf = (location: string): string => {
  const url = new URL(location)
  return url.pathname + url.search
}

export const codeVerifier = randomBytes(32).toString("base64url")
export const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url")

/** `az(k=v)` of the refusals: a correct authorization request with overrides; undefined leaves one out. */
export function authorizePath(clientId: string, overrides: Record<string, string | undefined> = {}): string {
  const parameters = {
    client_id: clientId,
    response_type: "code",
    code_challenge: codeChallenge,
    code_challenge_method: "S256",
    state: "st1",
    ...overrides,
  }
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return `/authorize?${new URLSearchParams(given)}`
}
