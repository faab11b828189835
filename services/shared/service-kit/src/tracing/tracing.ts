/** Traces of this process: begun before anything is served, flushed before anything is closed, and nothing at all without an endpoint. */
import type { Logger } from "pino"
import { readTracingEnvironment } from "./environment.ts"

/** How long the last spans may take to leave; a collector that is down holds nobody up longer. */
const FLUSH_MS = 3_000

export interface Tracing {
  /** Sends what is left, within three seconds, and records nothing more. */
  end(): Promise<void>
}

export interface TracingOptions {
  /** The service's name in its traces, unless OTEL_SERVICE_NAME says otherwise. */
  name: string
  version: string
  env: NodeJS.ProcessEnv
  log: Logger
}

let recording = false

/** Whether spans go anywhere. */
export const isTracing = (): boolean => recording

/** Never fails: without a collector, or with settings that make no sense, a service serves all the same. */
export async function startTracing({ env, log, ...service }: TracingOptions): Promise<Tracing> {
  const { settings, warnings } = readTracingEnvironment(env)
  for (const warning of warnings) log.warn(warning)
  if (settings === undefined || recording) return { end: async () => {} }
  try {
    // Only now: it costs 20 MB, and a process without traces should not have them.
    const { startSdk } = await import("./sdk.ts")
    const sdk = startSdk({ ...service, settings, log })
    recording = true
    log.info({ protocol: settings.protocol, sampler: settings.sampler }, "traces are exported")
    return {
      end: async () => {
        recording = false
        await sdk.end(FLUSH_MS)
      },
    }
  } catch (error) {
    log.error({ err: error }, "there are no traces")
    return { end: async () => {} }
  }
}
