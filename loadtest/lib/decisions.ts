/** What was decided about a token, and whether that was right: the counters that every script stands or falls by. */
import { check } from "k6"
import type { RefinedResponse } from "k6/http"
import { Counter, Trend } from "k6/metrics"

export type Answer = RefinedResponse<"text">

/**
 * - `admitted`: the token was taken for a good one;
 * - `refused`: it was taken for a bad one;
 * - `unavailable`: 503, ask again;
 * - `limited`: 429;
 * - `failed`: no answer, or one that is none of these.
 */
export type Decision = "admitted" | "refused" | "unavailable" | "limited" | "failed"

export interface Question {
  /** Names what was presented, such as `hot` or `forged`. */
  kind: string
  /** Whether it deserves to be admitted. */
  good: boolean
  /** Decisions that are right at this moment. */
  right: readonly Decision[]
  /** Whether the answer of an admitted one is complete. */
  isWhole?: (answer: Answer) => boolean
}

/** A bad one admitted, a good one refused: a good one refused in an outage is the same mistake, and the costliest. */
const wrongDecisions = new Counter("wrong_decisions")
const decisions = new Counter("decisions")
const waiting = new Trend("waiting", true)

/** Of `/mcp`. Whatever is answered to a bad token beyond the guard, the guard has let it pass. */
export function decisionAtResource({ status }: Pick<Answer, "status">, good: boolean): Decision {
  if (status === 401) return "refused"
  if (status === 403) return good ? "refused" : "admitted"
  const decision = commonDecision(status)
  return decision === "failed" && !good && status >= 400 && status < 500 ? "admitted" : decision
}

/** Of `/token`. */
export function decisionAtTokenEndpoint({ status }: Pick<Answer, "status">): Decision {
  return status === 400 || status === 401 || status === 403 ? "refused" : commonDecision(status)
}

function commonDecision(status: number): Decision {
  if (status >= 200 && status < 300) return "admitted"
  if (status === 429) return "limited"
  return status === 503 ? "unavailable" : "failed"
}

/** Counts the decision, and checks the form of its answer. */
export function judge(answer: Answer, decision: Decision, question: Question): void {
  if (answer.error.includes("context canceled")) return // k6 ends the run: nobody has answered anything
  const { kind, good, right, isWhole } = question
  const wrong = good ? decision === "refused" : decision === "admitted"
  decisions.add(1, { kind, decision })
  wrongDecisions.add(wrong ? 1 : 0, { kind, decision })
  if (answer.status !== 0) waiting.add(answer.timings.waiting, { kind, decision })
  const asked = right.join(" or ")
  const passed = check(
    answer,
    { [`${kind}: ${asked}`]: () => right.includes(decision) && hasForm(answer, decision, isWhole) },
    { kind },
  )
  if (!passed || wrong) tell(answer, wrong, `${kind} was ${decision}, right is ${asked}`)
}

/** A client must learn from the answer what to do next. */
function hasForm(answer: Answer, decision: Decision, isWhole: Question["isWhole"]): boolean {
  if (decision === "unavailable") return Number(answer.headers["Retry-After"]) > 0
  if (decision === "refused" && answer.status === 401) return answer.headers["Www-Authenticate"] !== undefined
  return decision !== "admitted" || isWhole === undefined || isWhole(answer)
}

let told = 0

/** The first of each virtual user, with the service's own words; no token is among them. */
function tell(answer: Answer, wrong: boolean, what: string): void {
  if (told++ >= (wrong ? 5 : 2)) return
  const words = answer.status === 0 ? answer.error : String(answer.body ?? "").slice(0, 200)
  const advice = answer.status === 429 ? " (start the services with RATE_LIMIT=off)" : ""
  console.error(`${wrong ? "WRONG DECISION: " : ""}${what}; ${answer.status} ${words}${advice}`)
}
