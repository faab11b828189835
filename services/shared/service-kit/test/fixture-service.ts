/** A small service as main.ts would have it, for tests that need a process of its own. */
import { createApp, runProcess, startServiceKit } from "../src/index.ts"

const argument = JSON.parse(process.argv[2] ?? "{}") as { port: number; delay: number; drain?: number }

await runProcess("fixture", async () => {
  const kit = await startServiceKit("fixture", {
    logLevel: "info",
    managementHost: "127.0.0.1",
    managementPort: 0,
    shutdownDelaySeconds: argument.delay,
    ...(argument.drain !== undefined && { drainSeconds: argument.drain }),
    version: "1.2.3",
  })
  kit.log.info({ url: kit.managementUrl }, "management")
  kit.onClose(() => kit.log.info("closed first opened"))
  kit.onClose(() => {
    kit.log.info("closed last opened")
    throw new Error("and it fails")
  })
  const app = createApp({ log: kit.log })
  app.get("/quick", async () => ({ ok: true }))
  app.get("/slow", async () => {
    await new Promise((later) => setTimeout(later, 700))
    return { ok: "slow" }
  })
  app.get("/half", async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write("first")
    setTimeout(() => reply.raw.end(" second"), 700)
  })
  app.get("/never", async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write("stream")
  })
  app.get("/fault", async () => {
    setTimeout(() => {
      throw new Error("fault")
    })
    return {}
  })
  await kit.serve(app, { host: "127.0.0.1", port: argument.port })
})
