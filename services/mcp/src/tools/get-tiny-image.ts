/** `getTinyImage`: image content between text. */
import type { Feature } from "../server-dependencies.ts"

/** A gate, 16 by 16 pixels, PNG. */
export const tinyImage = {
  type: "image",
  mimeType: "image/png",
  data: "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAM0lEQVR42mNgoBXQ6mr4j4zJ1kiSQfgUEjSEGFvwqsEmQazYqAHDwwBCyZdgsqbYAEoAAJ552+1DX5F1AAAAAElFTkSuQmCC",
} as const

export const getTinyImage: Feature = {
  name: "getTinyImage",
  scopes: [],
  register: (server) =>
    void server.registerTool(
      "getTinyImage",
      {
        title: "Get a tiny image",
        description: "Gives an image of 16 by 16 pixels",
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async () => ({
        content: [
          { type: "text", text: "This is the tiny image you asked for:" },
          tinyImage,
          { type: "text", text: "It shows a gate." },
        ],
      }),
    ),
}
