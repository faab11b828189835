/** OpenMetrics put into the older Prometheus text format, for readers that ask for no other (curl, promtool). */

/** A counter's name loses its `_total` in the head of OpenMetrics, and only there. Exemplars and the end mark have no place in the older text. */
export function asPrometheusText(openMetrics: string): string {
  const counters = new Set([...openMetrics.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name))
  return openMetrics
    .replace(/^# (HELP|TYPE) (\S+)/gm, (head, kind, name) => (counters.has(name) ? `# ${kind} ${name}_total` : head))
    .replace(/ # \{[^{}]*\} \S+ \S+$/gm, "")
    .replace(/^# EOF\n$/m, "")
}
