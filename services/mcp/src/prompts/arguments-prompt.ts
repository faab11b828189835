/** `argumentsPrompt`: a required and an optional argument, with completion. */
import { completable } from "@modelcontextprotocol/server"
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const cities = ["Amsterdam", "Athens", "Berlin", "Lagos", "Lima", "Lisbon", "Paris", "Tokyo", "Toronto"]
const units = ["celsius", "fahrenheit"]
const beginningWith = (value: string, choices: string[]) =>
  choices.filter((choice) => choice.toLowerCase().startsWith(value.toLowerCase()))

const argsSchema = z.object({
  city: completable(z.string().describe("A city"), (value) => beginningWith(value, cities)),
  // Completable inside optional: the SDK looks for it there.
  unit: completable(z.string().describe("celsius or fahrenheit"), (value) => beginningWith(value, units)).optional(),
})

export const argumentsPrompt: Feature = {
  name: "argumentsPrompt",
  scopes: [],
  register: (server) =>
    void server.registerPrompt(
      "argumentsPrompt",
      { title: "Prompt with arguments", description: "Asks for the weather of a city", argsSchema },
      async ({ city, unit = "celsius" }) => ({
        messages: [{ role: "user", content: { type: "text", text: `What is the weather in ${city}, in ${unit}?` } }],
      }),
    ),
}
