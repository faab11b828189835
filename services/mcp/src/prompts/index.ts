/** Every prompt. */
import type { Feature } from "../server-dependencies.ts"
import { argumentsPrompt } from "./arguments-prompt.ts"
import { resourcePrompt } from "./resource-prompt.ts"
import { simplePrompt } from "./simple-prompt.ts"

export const prompts: readonly Feature[] = [simplePrompt, argumentsPrompt, resourcePrompt]
