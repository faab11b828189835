/** The demonstration identity: a name is enough, so that several users can be explored. Never for production. */
import type { Identity } from "../ports.ts"

export const MAX_NAME_LENGTH = 64

// Letters of any script, digits, and what stands in names and mail addresses.
const nameForm = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,'’@_+-]*$/u

export const demoIdentity = (): Identity => ({
  begin: async () => ({ kind: "page" }),
  authenticate: async (parameters) => {
    const name = (parameters.get("name") ?? "").normalize("NFKC").trim().replace(/\s+/g, " ")
    if (name === "") return { problem: "Enter a name." }
    if (name.length > MAX_NAME_LENGTH) return { problem: `Enter a name of at most ${MAX_NAME_LENGTH} characters.` }
    if (!nameForm.test(name)) return { problem: "Enter a name of letters and digits." }
    // "Ada" and "ada" are one person; the prefix keeps them apart from every other authority's subjects.
    return { subject: `demo|${name.toLowerCase()}` }
  },
})
