/** The environment of each guide in docs/providers, as it stands there, on the emulator of its provider. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { authorizationServers, readMcpSettings } from "@gatehouse/mcp"
import { manualClock } from "@gatehouse/test-kit"
import { createTokenVerifier } from "@gatehouse/token-verifier"
import { describe, expect, it, onTestFinished } from "vitest"
import { providerCases } from "../../shared/token-verifier/test/providers/emulators/index.ts"
import { RESOURCE } from "../../shared/token-verifier/test/providers/emulators/provider-case.ts"

const guides = resolve(import.meta.dirname, "../../../docs/providers")

const cases = [
  ["auth0", "auth0, its rfc9068 profile"],
  ["auth0", "auth0, its auth0 profile"],
  ["okta", "okta, a custom server that we may ask"],
  ["entra", "entra, a person's version 2 token"],
  ["entra", "entra, a person's version 1 token"],
  ["entra", "entra, an application's token"],
  ["cognito", "cognito, allowed clients"],
  ["google", "google"],
  ["github", "github, an OAuth App's token without expiry"],
  ["keycloak", "keycloak, asked as well"],
  ["hydra", "hydra, tokens for nobody of allowed clients"],
] as const

/** The one environment of a guide. */
function environmentOf(guide: string): Record<string, string> {
  const text = readFileSync(resolve(guides, `${guide}.md`), "utf8")
  const [block, another] = [...text.matchAll(/^```ini\n([\s\S]*?)^```$/gm)].map(([, lines = ""]) => lines)
  if (block === undefined || another !== undefined) throw new Error(`${guide}.md must have one environment`)
  const pairs = block
    .trim()
    .split("\n")
    .map((line) => line.split(/=(.*)/s))
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value]))
}

describe.each(cases)("docs/providers/%s.md: %s", (guide, name) => {
  it("accepts the provider's tokens, by the strategy that the guide promises", async () => {
    const provider = providerCases.find((each) => each.name === name)
    if (!provider) throw new Error(`nobody emulates ${name}`)
    const environment = environmentOf(guide)
    const { credentials } = provider.options
    if (credentials && "clientSecret" in credentials)
      environment["INTROSPECTION_CLIENT_SECRET"] = credentials.clientSecret
    expect(environment["BASE_URI"]).toBe(RESOURCE.replace(/\/mcp$/, ""))
    const clock = manualClock()
    const { emulator, issue } = await provider.start(clock.now)
    const verifier = createTokenVerifier({
      audience: RESOURCE,
      servers: authorizationServers(readMcpSettings(environment)),
      dispatcher: emulator.dispatcher,
      now: clock.now,
    })
    onTestFinished(async () => {
      await verifier.close()
      await emulator.close()
    })
    await verifier.start()
    expect(verifier.servers()[0]?.strategy.name).toBe(provider.strategy)
    expect(await verifier.verifyToken(issue("good"))).toMatchObject({ outcome: "valid", claims: provider.says })
    expect(readFileSync(resolve(guides, `${guide}.md`), "utf8")).toContain(`\`${provider.strategy}\``)
  })
})
