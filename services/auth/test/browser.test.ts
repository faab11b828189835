/** The pages in a real Chromium: the whole way under the policy that they carry, by keyboard, on a phone, in the dark. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type CallbackServer, startCallbackServer } from "./callback-server.ts"
import { lowContrasts } from "./contrast.ts"
import { type Front, startFrontForBrowser } from "./front.ts"
import { authorizePath, sendJson } from "./visitor.ts"

const chromiumArguments = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

let browser: Browser
let front: Front
let callback: CallbackServer
let clientId: string
/** What Chromium complained about: policy violations, script errors, failed loads. */
let complaints: string[]
let requestedOrigins: Set<string>
let close: () => Promise<void>

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: chromiumArguments })
  front = await startFrontForBrowser()
  callback = await startCallbackServer()
  clientId = await register(callback.url)
})
afterAll(async () => {
  await browser.close()
  await callback.stop()
  await front.close()
})
beforeEach(() => {
  complaints = []
  requestedOrigins = new Set()
  callback.received.length = 0
})
afterEach(() => close())

async function register(redirectUri: string): Promise<string> {
  const metadata = { client_name: "Blue Bird", redirect_uris: [redirectUri] }
  return JSON.parse((await sendJson(front.port, "/register", metadata)).body).client_id
}

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options })
  close = () => context.close()
  const page = await context.newPage()
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("request", (request) => requestedOrigins.add(new URL(request.url()).origin))
  await page.goto(front.issuer + path)
  return page
}

/** Each page a person may see, in the order of the way. */
async function walk(options: BrowserContextOptions, visit: (page: Page, name: string) => Promise<void>): Promise<void> {
  const page = await open("/", options)
  await visit(page, "front page")
  await page.goto(front.issuer + authorizePath("nope"))
  await visit(page, "error")
  const site = await register("https://app.test/cb")
  await page.goto(front.issuer + authorizePath(site, { scope: "bogus" }))
  await visit(page, "error with a way back")
  await page.goto(front.issuer + authorizePath(clientId))
  await visit(page, "consent")
  await page.getByRole("button", { name: "Approve" }).click()
  await visit(page, "sign-in")
  await page.getByRole("button", { name: "Sign in" }).click()
  await visit(page, "sign-in with a problem")
}

const heard = async (page: Page) =>
  (await page.locator("body").ariaSnapshot()).replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")

describe("OAuth pages in Chromium", () => {
  it("L10 completes approve, sign in and the redirect, with nothing to complain about and nobody else asked", async () => {
    const page = await open(authorizePath(clientId))
    await page.getByRole("button", { name: "Approve" }).click()
    await page.getByLabel("Your name").fill("Ada")
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.waitForURL(`${callback.url}?**`)
    expect(await page.title()).toBe("Connected")
    expect(callback.received.map((query) => [...query.keys()])).toEqual([["code", "state", "iss"]])
    expect(complaints).toEqual([])
    expect([...requestedOrigins]).toEqual(expect.arrayContaining([front.issuer, new URL(callback.url).origin]))
    expect(requestedOrigins.size).toBe(2 + (requestedOrigins.has("null") ? 1 : 0)) // the icon is a data URI
  })

  it("L10 completes a denial", async () => {
    const page = await open(authorizePath(clientId))
    await page.getByRole("button", { name: "Deny" }).click()
    await page.waitForURL(`${callback.url}?**`)
    expect(callback.received[0]?.get("error")).toBe("access_denied")
    expect(complaints).toEqual([])
  })

  it("L10 lets a client's page send the browser on to an app", async () => {
    const hop = await startCallbackServer({ hopTo: "com.example.app:/cb" })
    const page = await open(authorizePath(await register(hop.url)))
    const leaving: string[] = []
    page.on("requestfailed", (request) => leaving.push(request.url()))
    await page.getByRole("button", { name: "Approve" }).click()
    await page.getByLabel("Your name").fill("Ada")
    await page.getByRole("button", { name: "Sign in" }).click()
    await expect.poll(() => hop.received.length).toBe(1)
    await expect.poll(() => leaving.some((url) => url.startsWith("com.example.app:/cb?code="))).toBe(true)
    expect(complaints.filter((text) => /Content Security Policy|form-action/i.test(text))).toEqual([])
    await hop.stop()
  })

  it("goes the whole way by keyboard", async () => {
    const page = await open(authorizePath(clientId))
    const focused = () => page.evaluate("document.activeElement.textContent || document.activeElement.id")
    await page.keyboard.press("Tab")
    expect(await focused()).toBe("Deny")
    await page.keyboard.press("Tab")
    expect(await focused()).toBe("Approve")
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")).toBe("3px")
    await page.keyboard.press("Enter")
    await page.waitForURL("**/sign-in?**")
    expect(await focused()).toBe("name")
    await page.keyboard.type("Ada")
    await page.keyboard.press("Enter")
    await page.waitForURL(`${callback.url}?**`)
    expect(callback.received[0]?.has("code")).toBe(true)
  })

  it("leads a person from a problem to its field", async () => {
    const page = await open(authorizePath(clientId))
    await page.getByRole("button", { name: "Approve" }).click()
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.getByRole("alert").waitFor()
    expect(await page.title()).toBe("Error: Sign in")
    expect(await page.locator(":focus").getAttribute("role")).toBe("alert")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Ada")
    expect(await page.getByLabel("Your name").inputValue()).toBe("Ada")
    await page.keyboard.press("Enter")
    await page.waitForURL(`${callback.url}?**`)
  })

  it("forgives a double click on Approve", async () => {
    const page = await open(authorizePath(clientId))
    await page.getByRole("button", { name: "Approve" }).dblclick()
    await page.getByLabel("Your name").fill("Ada")
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.waitForURL(`${callback.url}?**`)
    expect(callback.received[0]?.has("code")).toBe(true)
  })

  it("tells a screen reader what there is", async () => {
    const page = await open(authorizePath(clientId))
    expect(await heard(page)).toMatchInlineSnapshot(`
      "- main:
        - paragraph: 127.0.0.1:PORT
        - heading "Blue Bird wants to connect" [level=1]
        - paragraph: This app asks to use an MCP server as you. It gave that name itself, and nobody has checked it.
        - term: Server
        - definition:
          - strong: mcp.test
          - text: https://mcp.test/mcp
        - term: Returns to
        - definition:
          - strong: This computer
          - text: 127.0.0.1:PORT
        - heading "It will be able to" [level=2]
        - list "It will be able to":
          - listitem: "Use everything the server offers you: its tools, resources and prompts"
        - paragraph:
          - strong: Did you start this yourself, just now?
          - text: The answer goes to a program on this computer, and any program on this computer could receive it.
        - button "Deny"
        - button "Approve"
        - paragraph: You sign in next. Nothing is shared before that, and you will be asked again next time."
    `)
    await page.getByRole("button", { name: "Approve" }).click()
    await page.getByRole("button", { name: "Sign in" }).click()
    expect(await heard(page)).toMatchInlineSnapshot(`
      "- main:
        - paragraph: 127.0.0.1:PORT
        - alert:
          - heading "There is a problem" [level=2]
          - paragraph:
            - link "Enter a name.":
              - /url: "#name"
        - heading "Sign in" [level=1]
        - paragraph:
          - text: to continue to
          - strong: Blue Bird
        - text: "Your name Any name will do: this server is set up for trying things out, and each name is a user of its own. Enter a name."
        - textbox "Your name" [invalid]
        - button "Sign in"
        - button "Cancel""
    `)
    const field = page.getByRole("textbox", { name: "Your name" })
    expect(await field.getAttribute("aria-describedby")).toBe("hint wrong")
  })

  it("has one heading, a title, a language and no sideways scrolling on a narrow phone", async () => {
    await walk({ viewport: { width: 360, height: 640 } }, async (page, name) => {
      expect([name, await page.locator("h1").count()]).toEqual([name, 1])
      expect([name, await page.locator("html").getAttribute("lang")]).toEqual([name, "en"])
      expect(await page.title()).not.toBe("")
      expect([name, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, 360])
    })
    expect(complaints.filter((text) => !text.includes("status of 400"))).toEqual([])
  })

  it.each(["light", "dark"] as const)("keeps a contrast of 4.5 for all text, %s", async (colorScheme) => {
    await walk({ colorScheme }, async (page, name) => {
      expect([name, await page.evaluate(lowContrasts(4.5))]).toEqual([name, []])
    })
  })
})
