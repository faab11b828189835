/** Every tool, in the order in which a person would try them. */
import type { Feature } from "../server-dependencies.ts"
import { add } from "./add.ts"
import { annotatedMessage } from "./annotated-message.ts"
import { echo } from "./echo.ts"
import { echoFromRegion } from "./echo-from-region.ts"
import { elicitInputs } from "./elicit-inputs.ts"
import { getResourceReference } from "./get-resource-reference.ts"
import { getTinyImage } from "./get-tiny-image.ts"
import { longRunningOperation } from "./long-running-operation.ts"
import { sampleLlm } from "./sample-llm.ts"
import { whoami } from "./whoami.ts"

export const tools: readonly Feature[] = [
  echo,
  add,
  whoami,
  longRunningOperation,
  sampleLlm,
  elicitInputs,
  getTinyImage,
  annotatedMessage,
  getResourceReference,
  echoFromRegion,
]
