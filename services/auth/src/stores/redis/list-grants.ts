/** Listing the grants of a subject or a client, a page at a time. */
import { PAGE_SIZE } from "../bounds.ts"
import type { StoreParts } from "./store-parts.ts"

/** A grant that is there from beginning to end is listed, whatever comes and goes meanwhile; it may be listed twice. */
export async function* listGrants(
  { commands, keys, now }: StoreParts,
  of: { subject: string } | { clientId: string },
): AsyncGenerator<readonly string[]> {
  const index = "subject" in of ? keys.grantsOfSubject(of.subject) : keys.grantsOfClient(of.clientId)
  let cursor = "0"
  do {
    const [next, members] = await commands.scanIndex(index, cursor, PAGE_SIZE)
    cursor = next
    // Member, score, member, score…
    const page = members.filter((_, i) => i % 2 === 0 && Number(members[i + 1]) > now())
    if (page.length > 0) yield page
  } while (cursor !== "0")
}
