/** Step: the MCP service gets a new introspection secret under a second name, so that at no moment the one it has is refused. */
import { randomBytes } from "node:crypto"
import { restarted } from "../cluster.ts"
import { type Context, podsOf } from "../context.ts"
import { MCP_URL } from "../journey.ts"
import { requireNoFailure, underLoad } from "../load.ts"
import type { Step } from "../step.ts"

const CLIENTS = "clients.json"
const NEXT = "mcp-next"
const SECRET = "mcp-introspection"

/** First the authorization server knows both. */
async function admitSecond({ cluster }: Context, secret: string): Promise<void> {
  const clients = JSON.parse((await cluster.secret("auth-credentials"))[CLIENTS] ?? "{}") as Record<string, unknown>
  const second = { client_id: NEXT, client_secret: secret, resources: [MCP_URL] }
  const text = JSON.stringify({ ...clients, resource_servers: [second] })
  await cluster.patchSecret("auth-credentials", CLIENTS, text)
  await restarted(cluster, "auth", podsOf("auth"))
}

export const introspectionSecretStep: Step = {
  name: "introspection secret rotated: no failed request",
  run: async (context) => {
    await context.scaleUp()
    const secret = randomBytes(32).toString("base64url")
    const result = await underLoad(context.cluster, async () => {
      await admitSecond(context, secret)
      await context.cluster.apply({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: SECRET },
        stringData: { "introspection-client-secret": secret },
      })
      await context.upgrade("mcp", { "introspection.clientId": NEXT, "introspection.existingSecret": SECRET })
    })
    return `${requireNoFailure(result)}, fresh tokens among them`
  },
}
