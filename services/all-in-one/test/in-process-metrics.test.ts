/** Both services in one process: validations without a wire are counted as any others, beside what the authorization server counts. */
import { join } from "node:path"
import { findFreePort, readExposition } from "@gatehouse/test-kit"
import { expect, it, onTestFinished } from "vitest"
import { root, runNode, untilReady } from "./processes.ts"

it("OAuth metrics of one process: tokens that are judged in process are counted, and the server is up", async () => {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const main = join(root, "services/all-in-one/src/main.ts")
  const running = runNode(["--conditions=source", main], {
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    LOG_LEVEL: "warn",
  })
  onTestFinished(async () => void (await running.end()))
  await untilReady(running, managementPort)
  for (const headers of [{}, { authorization: "Bearer nobody-issued-it" }])
    expect((await fetch(`http://127.0.0.1:${port}/mcp`, { method: "POST", headers })).status).toBe(401)
  const { value } = readExposition(await (await fetch(`http://127.0.0.1:${managementPort}/metrics`)).text())
  const refused = (reason: string, strategy: string) =>
    value(`mcp_token_validations_total{outcome="invalid",reason="${reason}",strategy="${strategy}",cache="none"}`)
  expect(refused("missing", "none")).toBe(1)
  expect(refused("inactive", "in-process")).toBe(1)
  expect(value('auth_introspection_total{active="false"}')).toBe(1)
  expect(value('mcp_auth_server_up{server="primary"}')).toBe(1)
})
