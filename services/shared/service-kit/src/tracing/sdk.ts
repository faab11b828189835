/** OpenTelemetry's SDK, put together by hand: the packages that patch others' code are not needed, since every span here is made on purpose. */
import { context, DiagLogLevel, diag, propagation, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { setGlobalErrorHandler, W3CTraceContextPropagator } from "@opentelemetry/core"
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from "@opentelemetry/resources"
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace"
import type { Logger } from "pino"
import type { TracingSettings } from "./environment.ts"
import { createSpanExporter } from "./exporter.ts"

export interface SdkOptions {
  name: string
  version: string
  settings: TracingSettings
  log: Logger
}

export interface Sdk {
  /** Sends what is left, and breaks off what is not sent after `flushMs`. */
  end(flushMs: number): Promise<void>
}

/** Makes it the process's one provider of spans. */
export function startSdk({ name, version, settings, log }: SdkOptions): Sdk {
  sayOnce(log)
  const closing = new AbortController()
  const exporter = createSpanExporter({ protocol: settings.protocol, closing: closing.signal, log })
  const provider = new TracerProvider({
    resource: resourceOf(name, version),
    sampler: samplerOf(settings),
    // A name that a client chose is checked where it is taken; this is for the one that is overlooked.
    spanLimits: { attributeValueLengthLimit: 256 },
    spanProcessors: [new BatchSpanProcessor({ exporter, ...settings.batch })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  // No baggage: it would carry whatever a client says to whoever is asked next.
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return {
    async end(flushMs) {
      const timer = setTimeout(() => closing.abort(), flushMs)
      await provider.shutdown().catch(() => {}) // said by the exporter
      clearTimeout(timer)
      closing.abort()
      trace.disable()
      context.disable()
      propagation.disable()
    },
  }
}

function resourceOf(name: string, version: string) {
  const detectors = [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector]
  const own = resourceFromAttributes({ "service.name": name, "service.version": version })
  return defaultResource().merge(own).merge(detectResources({ detectors }))
}

function samplerOf({ sampler, samplerRatio }: TracingSettings): Sampler {
  const root = rootSampler(sampler.replace(/^parentbased_/, ""), samplerRatio)
  return sampler.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root
}

function rootSampler(name: string, ratio: number): Sampler {
  if (name === "always_off") return new AlwaysOffSampler()
  return name === "traceidratio" ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
}

const MAX_TOLD = 20

/** What the SDK has to complain of, each once: it repeats itself with every batch. */
function sayOnce(log: Logger): void {
  const told = new Set<string>()
  const say = (why: string) => {
    if (told.has(why) || told.size >= MAX_TOLD) return
    told.add(why)
    log.warn({ why }, "OpenTelemetry")
  }
  const ignore = () => {}
  setGlobalErrorHandler(ignore) // the exporter tells what becomes of exports
  diag.setLogger(
    { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}
