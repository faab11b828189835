/** What each scope allows, in the words of the person who is asked. */

const words: Readonly<Record<string, string>> = {
  mcp: "Use everything the server offers you: its tools, resources and prompts",
  "mcp:tools": "Run the server’s tools, which can read and change things",
  "mcp:resources": "Read the server’s resources",
  "mcp:prompts": "Use the server’s prompts",
}

export const scopeInWords = (scope: string): string => words[scope] ?? scope
