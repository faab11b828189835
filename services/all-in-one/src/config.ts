/** The environment of both services in one process: what each understands, with one public URL. */
import { type AuthConfig, authConfigFrom, authSettings } from "@gatehouse/auth"
import { type McpConfig, mcpConfigFrom, mcpSettings } from "@gatehouse/mcp"
import { ConfigurationError, readSettings, type Settings, type ValuesOf } from "@gatehouse/service-kit"

export const allInOneSettings = {
  ...authSettings,
  ...mcpSettings,
  BASE_URI: { ...authSettings.BASE_URI, meaning: "public URL of both services; in development http://localhost:PORT" },
  RESOURCES: {
    ...authSettings.RESOURCES,
    meaning: "URLs of the resources to issue tokens for, between commas; BASE_URI + /mcp when absent",
  },
  INTROSPECTION_CLIENT_ID: authSettings.INTROSPECTION_CLIENT_ID,
  INTROSPECTION_CLIENT_SECRET: authSettings.INTROSPECTION_CLIENT_SECRET,
} satisfies Settings

export type AllInOneSettings = ValuesOf<typeof allInOneSettings>

/** @throws ConfigurationError with every problem */
export const readAllInOneSettings = (env: NodeJS.ProcessEnv): AllInOneSettings => readSettings(allInOneSettings, env)

/** @throws ConfigurationError for settings that do not go together */
export function allInOneConfigFrom(values: AllInOneSettings): { auth: AuthConfig; mcp: McpConfig } {
  if (values.AUTH_MODE === "external")
    throw new ConfigurationError([
      "AUTH_MODE=external is for two processes: npm run dev:external, or npm run start:auth and npm run start:mcp",
    ])
  const mcp = mcpConfigFrom(values)
  const auth = authConfigFrom({ ...values, RESOURCES: values.RESOURCES ?? [mcp.resource] })
  if (!auth.resources.includes(mcp.resource))
    throw new ConfigurationError([`RESOURCES must name ${mcp.resource}, the resource of this process`])
  return { auth, mcp }
}
