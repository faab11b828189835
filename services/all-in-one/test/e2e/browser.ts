/** A browser for protocol tests: follows redirects, keeps cookies, fills the forms a person would. The real one is in the page tests. */

interface Form {
  action: string
  fields: Map<string, string>
  buttons: { name: string; value: string }[]
}

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
  return value?.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'")
}

/** The first form of a page, as a person would see it. */
function parseForm(html: string): Form {
  const form = /<form\b[^>]*>[\s\S]*?<\/form>/.exec(html)?.[0]
  if (!form)
    throw new Error(`no form on the page: ${html.replace(/<style[\s\S]*?<\/style>|<[^>]+>|\s+/g, " ").slice(0, 400)}`)
  const fields = new Map<string, string>()
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(tag, "name")
    if (name) fields.set(name, attribute(tag, "value") ?? "")
  }
  const buttons = [...form.matchAll(/<button\b[^>]*>/g)].flatMap(([tag]) => {
    const name = attribute(tag, "name")
    return name ? [{ name, value: attribute(tag, "value") ?? "" }] : []
  })
  return { action: attribute(form, "action") ?? "", fields, buttons }
}

export class Browser {
  readonly #cookies = new Map<string, string>()

  async #request(url: string, form?: URLSearchParams): Promise<Response> {
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: {
        accept: "text/html",
        ...(this.#cookies.size > 0 && { cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") }),
        ...(form && { "content-type": "application/x-www-form-urlencoded", origin: new URL(url).origin }),
      },
      ...(form && { body: form.toString() }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = cookie.split(";")[0]?.split(/=(.*)/s) ?? []
      this.#cookies.set(name, value)
    }
    return response
  }

  /** Opens an authorization URL, approves, signs in as `name`, and returns the redirect to the client. */
  async authorize(authorizationUrl: URL | string, name: string): Promise<URL> {
    const { origin } = new URL(authorizationUrl)
    let url = String(authorizationUrl)
    let form: URLSearchParams | undefined
    for (let step = 0; step < 8; step++) {
      const response = await this.#request(url, form)
      const location = response.headers.get("location")
      if (location) {
        const next = new URL(location, url)
        if (next.origin !== origin || next.searchParams.has("code") || next.searchParams.has("error")) return next
        ;[url, form] = [next.href, undefined]
        continue
      }
      const page = parseForm(await response.text())
      form = new URLSearchParams([...page.fields])
      if (page.fields.has("name")) form.set("name", name)
      const approve = page.buttons.find(({ value }) => value === "approve")
      if (approve) form.set(approve.name, approve.value)
      url = new URL(page.action, url).href
    }
    throw new Error("the authorization did not come to an end")
  }
}
