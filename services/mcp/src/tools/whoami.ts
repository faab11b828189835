/** `whoami`: what the access token says of its bearer, and nothing of the token itself. */
import * as z from "zod"
import { callIn } from "../caller.ts"
import type { Feature } from "../server-dependencies.ts"

const outputSchema = z.object({
  kind: z.enum(["user", "client"]).describe("A person, or a program that acts for itself"),
  subject: z.string(),
  issuer: z.string(),
  clientId: z.string().optional(),
  scopes: z.array(z.string()),
})

export const whoami: Feature = {
  name: "whoami",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "whoami",
      {
        title: "Who am I",
        description: "Tells whom the access token stands for, through which client, and with which scopes",
        outputSchema,
        annotations: { readOnlyHint: true, openWorldHint: false },
      },
      async (context) => {
        const { subject, issuer, clientId, scopes } = callIn(context).caller
        // With client credentials there is no user: the subject is the client, by our own or by the usual convention.
        const kind = subject.startsWith("client|") || subject === clientId ? "client" : "user"
        const through = clientId === undefined ? "" : ` through the client ${clientId}`
        return {
          content: [{ type: "text", text: `${kind} ${subject}${through}, with the scopes: ${scopes.join(" ")}` }],
          structuredContent: {
            kind,
            subject,
            issuer,
            ...(clientId !== undefined && { clientId }),
            scopes: [...scopes],
          },
        }
      },
    ),
}
