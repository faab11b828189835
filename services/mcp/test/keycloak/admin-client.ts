/** Keycloak's admin API, as far as a realm for an MCP service needs it. */

export type Representation = Record<string, unknown>

export interface AdminClient {
  /** @throws Error with the status and body of a refusal */
  get(path: string): Promise<unknown>
  /** Returns the id of what was made, the last part of its Location; "" where nothing has one. */
  post(path: string, representation?: Representation): Promise<string>
  put(path: string, representation: Representation): Promise<void>
  delete(path: string): Promise<void>
}

/** Paths are relative to `/admin/realms`. It signs in for every request: there are few, and Keycloak may have been restarted. */
export function adminClient(origin: string, admin: { username: string; password: string }): AdminClient {
  const send = async (method: string, path: string, representation?: Representation): Promise<Response> => {
    const answer = await fetch(`${origin}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await signIn(origin, admin)}`, "content-type": "application/json" },
      ...(representation && { body: JSON.stringify(representation) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  return {
    get: async (path) => (await send("GET", path)).json(),
    post: async (path, representation) =>
      (await send("POST", path, representation)).headers.get("location")?.split("/").at(-1) ?? "",
    put: async (path, representation) => void (await send("PUT", path, representation)),
    delete: async (path) => void (await send("DELETE", path)),
  }
}

async function signIn(origin: string, { username, password }: { username: string; password: string }): Promise<string> {
  const answer = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password }),
  })
  if (!answer.ok) throw new Error(`the administrator cannot sign in: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { access_token: string }).access_token
}
