/** `elicitInputs`: asks the person for a form with every type of field, and carries a signed state from one round to the next. */
import { acceptedContent, type InputRequiredResult, inputRequired, inputResponse } from "@modelcontextprotocol/server"
import * as z from "zod"
import type { Feature } from "../server-dependencies.ts"

const state = z.object({ askedAt: z.number() })

const form = {
  type: "object" as const,
  properties: {
    name: { type: "string" as const, title: "Name", minLength: 1, maxLength: 100 },
    email: { type: "string" as const, title: "Email", format: "email" as const },
    website: { type: "string" as const, title: "Website", format: "uri" as const },
    birthday: { type: "string" as const, title: "Birthday", format: "date" as const },
    appointment: { type: "string" as const, title: "Appointment", format: "date-time" as const },
    age: { type: "integer" as const, title: "Age", minimum: 0, maximum: 150 },
    height: { type: "number" as const, title: "Height in metres", minimum: 0, maximum: 3, default: 1.75 },
    newsletter: { type: "boolean" as const, title: "Newsletter", default: false },
    color: { type: "string" as const, title: "Color", enum: ["red", "green", "blue"], default: "green" },
    size: {
      type: "string" as const,
      title: "Size",
      oneOf: [
        { const: "s", title: "Small" },
        { const: "m", title: "Medium" },
        { const: "l", title: "Large" },
      ],
      default: "m",
    },
    days: {
      type: "array" as const,
      title: "Days",
      minItems: 0,
      maxItems: 3,
      items: { type: "string" as const, enum: ["Monday", "Tuesday", "Wednesday"] },
    },
    extras: {
      type: "array" as const,
      title: "Extras",
      items: {
        anyOf: [
          { const: "gift", title: "Gift wrapping" },
          { const: "express", title: "Express delivery" },
        ],
      },
    },
  },
  required: ["name"],
}

export const elicitInputs: Feature = {
  name: "elicitInputs",
  scopes: [],
  register: (server, { now, requestState }) =>
    void server.registerTool(
      "elicitInputs",
      { title: "Elicit inputs", description: "Asks for a form with every type of field" },
      async (context): Promise<InputRequiredResult | { content: { type: "text"; text: string }[] }> => {
        const { mcpReq } = context
        const answer = inputResponse(mcpReq.inputResponses, "form")
        const asked = state.safeParse(mcpReq.requestState())
        if (answer.kind !== "elicit" || !asked.success)
          return inputRequired({
            inputRequests: {
              form: inputRequired.elicit({ message: "Please fill in this form", requestedSchema: form }),
            },
            requestState: await requestState.mint({ askedAt: Math.floor(now()) }, context),
          })
        if (answer.action !== "accept")
          return { content: [{ type: "text", text: `The form was not sent: ${answer.action}` }] }
        const took = Math.max(0, Math.floor(now()) - asked.data.askedAt)
        const fields = JSON.stringify(acceptedContent(mcpReq.inputResponses, "form") ?? {})
        return { content: [{ type: "text", text: `After ${took} seconds: ${fields}` }] }
      },
    ),
}
