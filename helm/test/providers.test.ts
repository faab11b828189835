/** A provider's values file and its guide say the same: `ci/okta-values.yaml` sets what `docs/providers/okta.md` sets. */
import { describe, expect, it } from "vitest"
import { cases, render, textOf } from "./charts.ts"
import { ofKind, podsOf } from "./manifests.ts"

const PROVIDERS = ["auth0", "okta", "entra", "cognito", "google", "github", "keycloak"]
const OF_THE_PROVIDER =
  /^(AUTH_|INTROSPECTION_|ALLOWED_(AUDIENCES|CLIENT_IDS|TENANTS)|SCOPE_PREFIX|JWKS_URL|BASE_URI|RESOURCE_URL)/
const FROM_A_SECRET = "(a Secret)"

function guideOf(provider: string): Record<string, string> {
  const [, block = ""] = /```ini\n([\s\S]*?)```/.exec(textOf("docs/providers", `${provider}.md`)) ?? []
  const lines = block.trim().split("\n")
  return Object.fromEntries(
    lines.map((line): [string, string] => {
      const [name = "", value = ""] = line.split(/=(.*)/s)
      return [name, name.endsWith("_SECRET") ? FROM_A_SECRET : value]
    }),
  )
}

describe.each(PROVIDERS)("mcp with %s", (provider) => {
  it("is set as the provider's guide says, and no further", async () => {
    const found = cases.find((each) => each.chart === "mcp" && each.name === provider)
    const [pod] = podsOf(ofKind(await render("mcp", found?.values), "Deployment"))
    const env = (pod?.spec.containers[0]?.env ?? []).filter(({ name }) => OF_THE_PROVIDER.test(name))
    const set = Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, valueFrom ? FROM_A_SECRET : value]))
    expect(set).toEqual(guideOf(provider))
  })
})
