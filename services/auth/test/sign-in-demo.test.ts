/** The demonstration sign-in: a name is enough, and nothing else is. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Front, preRegistered, startFront } from "./front.ts"
import { type Answer, authorizePath, hiddenFields, Visitor } from "./visitor.ts"

let front: Front
let ada: Visitor
let asked: Answer
beforeAll(async () => {
  front = await startFront()
})
afterAll(() => front.close())
beforeEach(async () => {
  ada = new Visitor(front.port)
  asked = await ada.get(authorizePath(preRegistered.clientId))
})

describe("OAuth demonstration sign-in", () => {
  const codeFor = async (name: string) => {
    const answer = await new Visitor(front.port).authorize(authorizePath(preRegistered.clientId), name)
    return answer.redirected.has("code")
  }

  it("takes a name in any script, and asks again for what is none", async () => {
    for (const name of ["Ada", "Ὑπατία", "O’Neil-Smith Jr.", "李 娜", "a@b.test"])
      expect(await codeFor(name)).toBe(true)
    for (const name of ["", "   ", "a".repeat(65), "<script>", "a\u202eb", "a|b", "\u0000"])
      expect(await codeFor(name)).toBe(false)
  })

  it("L20 L21 keeps no one signed in: the next authorization asks for a name again", async () => {
    await ada.authorize(authorizePath(preRegistered.clientId))
    const page = await ada.get(await ada.approve(await ada.get(authorizePath(preRegistered.clientId))))
    expect(page.status).toBe(200)
    expect(page.body).toContain('name="name"')
    expect(page.body).not.toContain("Ada")
  })

  it("says what is wrong, keeps what was entered, and lets the person try again", async () => {
    const page = await ada.get(await ada.approve(asked))
    const fields = hiddenFields(page.body)
    const again = await ada.post("/sign-in", { ...fields, name: '"><b>' })
    expect(again.status).toBe(400)
    expect(again.headers).not.toHaveProperty("location")
    expect(again.headers["content-type"]).toMatch(/^text\/html/)
    expect(again.body).toContain('value="&quot;&gt;&lt;b&gt;"')
    expect(again.body).toContain('role="alert"')
    expect((await ada.post("/sign-in", { ...hiddenFields(again.body), name: "Ada" })).redirected.has("code")).toBe(true)
  })
})
