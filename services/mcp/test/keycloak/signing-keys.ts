/** Rotation of a realm's signing keys, in the two steps that an administrator takes. */
import type { AdminClient } from "./admin-client.ts"
import type { McpRealm } from "./mcp-realm.ts"

interface RealmKey {
  providerId: string
  kid: string
  algorithm: string
  use: string
}

/** Tokens are signed with a new key from now on; the old one stays published. Returns the id of the old one's provider. */
export async function addSigningKey(admin: AdminClient, { name }: McpRealm): Promise<string> {
  const { id } = (await admin.get(`/${name}`)) as { id: string }
  const { keys } = (await admin.get(`/${name}/keys`)) as { keys: RealmKey[] }
  const old = keys.find(({ algorithm, use }) => algorithm === "RS256" && use === "SIG")
  if (!old) throw new Error("the realm has no key for RS256")
  const config = { priority: ["200"], enabled: ["true"], active: ["true"], algorithm: ["RS256"], keySize: ["2048"] }
  const provider = { name: "next", providerId: "rsa-generated", providerType: "org.keycloak.keys.KeyProvider" }
  await admin.post(`/${name}/components`, { ...provider, parentId: id, config })
  return old.providerId
}

export const removeSigningKey = (admin: AdminClient, { name }: McpRealm, provider: string): Promise<void> =>
  admin.delete(`/${name}/components/${provider}`)
