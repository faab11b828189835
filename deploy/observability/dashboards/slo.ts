/** The objectives: what is left of each error budget, and how fast it is being spent. The series are recorded by the rules beside this. */
import { graph, of, stat } from "./panels.ts"

interface Objective {
  /** Label `slo` of the recorded series. */
  slo: string
  title: string
  /** Share of bad events that is allowed. */
  budget: number
}

const objectives: readonly Objective[] = [
  { slo: "token_validation_decided", title: "Token validation decided, 99.95 %", budget: 0.0005 },
  { slo: "token_validation_fast", title: "Token validation under 50 ms, 99 %", budget: 0.01 },
  { slo: "token_endpoint_available", title: "Token endpoint, 99.9 %", budget: 0.001 },
  { slo: "metadata_available", title: "Metadata and keys, 99.99 %", budget: 0.0001 },
]

const burn = (window: string, { slo, budget }: Objective) =>
  `max(${of(`slo:sli_error:ratio_rate${window}`, `slo="${slo}"`)}) / ${budget}`

export const slo = () => ({
  "Error budget of 30 days that is left": objectives.map(({ slo, title, budget }) =>
    stat({
      title,
      description: "Below zero the objective is broken: mend before you release.",
      unit: "percentunit",
      falling: true,
      warnAt: 0.5,
      alarmAt: 0.1,
      span: 6,
      lines: { left: `1 - max(${of("slo:sli_error:ratio_month", `slo="${slo}"`)}) / ${budget}` },
    }),
  ),
  "How fast it is spent": objectives.map((objective) =>
    graph({
      title: objective.title,
      description:
        "1: just all of it in 30 days. 14.4 for an hour, or 6 for six hours, is a page; 3 for a day is a ticket.",
      unit: "short",
      lines: { "1 hour": burn("1h", objective), "6 hours": burn("6h", objective), "1 day": burn("1d", objective) },
    }),
  ),
})
