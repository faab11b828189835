/** `simplePrompt`: a prompt without arguments. */
import type { Feature } from "../server-dependencies.ts"

export const simplePrompt: Feature = {
  name: "simplePrompt",
  scopes: [],
  register: (server) =>
    void server.registerPrompt(
      "simplePrompt",
      { title: "Simple prompt", description: "A prompt without arguments" },
      async () => ({
        messages: [{ role: "user", content: { type: "text", text: "Explain OAuth 2.1 in three sentences." } }],
      }),
    ),
}
