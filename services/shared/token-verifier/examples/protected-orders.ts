/** A Fastify service that accepts access tokens for https://api.example.com/orders from one authorization server. */
import { createTokenVerifier } from "@gatehouse/token-verifier"
import { type FastifyInstance, fastify } from "fastify"

export async function buildOrders(issuer: string): Promise<FastifyInstance> {
  const tokens = createTokenVerifier({ audience: "https://api.example.com/orders", servers: [{ issuer }] })
  await tokens.start()
  const app = fastify().addHook("onClose", () => tokens.close())
  app.addHook("onRequest", async (request, reply) => {
    const judged = await tokens.verify(request.raw.rawHeaders)
    if (judged.outcome === "invalid") return reply.code(401).header("www-authenticate", "Bearer").send()
    if (judged.outcome === "unavailable") return reply.code(503).header("retry-after", judged.retryAfterSeconds).send()
  })
  return app.get("/orders", async () => ["one", "two"])
}
