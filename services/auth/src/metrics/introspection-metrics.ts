/** Introspection, counted and timed, whether it is asked over the wire or in process. */
import type { IntrospectionResponse } from "@gatehouse/oauth"
import type { ResourceServer } from "../domain/client.ts"
import { introspectToken } from "../domain/introspection.ts"
import type { Grants } from "../domain/ports.ts"
import type { AuthMetrics } from "./auth-metrics.ts"

/** @throws OAuthError `temporarily_unavailable` */
export type Introspect = (
  token: string,
  resourceServer: Pick<ResourceServer, "resources">,
) => Promise<IntrospectionResponse>

export function measuredIntrospection(grants: Grants, metrics: AuthMetrics): Introspect {
  const { introspection, introspectionFailures, introspectionDuration } = metrics
  return (token, resourceServer) => {
    const startedMs = performance.now()
    const timed = () => introspectionDuration.observe({}, (performance.now() - startedMs) / 1000)
    return introspectToken(token, resourceServer, grants).then(
      (answer) => {
        introspection.add({ active: answer.active ? "true" : "false" })
        timed()
        return answer
      },
      (error: unknown) => {
        introspectionFailures.add({})
        timed()
        throw error
      },
    )
  }
}
