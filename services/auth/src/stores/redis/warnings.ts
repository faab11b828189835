/** What an operator should know about the Redis that was configured. */

/** @param memoryInfo answers to `INFO memory`, undefined where it was forbidden (`CONFIG GET` more often is) */
export function warningsOf(memoryInfo: readonly (string | undefined)[]): string[] {
  const warnings = memoryInfo.map((info) => {
    const policy = /^maxmemory_policy:(\S+)/m.exec(info ?? "")?.[1]
    if (policy === undefined) return "Redis does not tell its maxmemory-policy; it must be noeviction."
    if (policy === "noeviction") return undefined
    return `Redis may evict grants and revocations when its memory is full (maxmemory-policy ${policy}); set noeviction.`
  })
  return [...new Set(warnings.filter((warning) => warning !== undefined))]
}
