/** Measures servers side by side: interleaved rounds, the processor time that each spends per 1,000 requests, and its rate. */
import { median } from "./statistics.ts"

/** Something that does work when asked, and knows what processor time it has spent so far. */
export interface Contestant {
  name: string
  /** Of all its processes, user and system. */
  cpuMs(): Promise<number>
  /** Before each round: what is no part of the work. */
  prepare?(requests: number): Promise<void>
  /** @throws Error at the first wrong answer */
  work(requests: number): Promise<void>
  stop(): Promise<void>
}

export interface Result {
  name: string
  /** Processor milliseconds per 1,000 requests, round by round. */
  rounds: number[]
  /** Their median. */
  cpuMsPerThousand: number
  requestsPerSecond: number
}

export interface ContestOptions {
  rounds: number
  requests: number
}

/** Warms every contestant up, then lets them take turns. */
export async function contest(
  contestants: readonly Contestant[],
  { rounds, requests }: ContestOptions,
): Promise<Result[]> {
  const cpu = contestants.map((): number[] => [])
  const rate = contestants.map((): number[] => [])
  for (const { work, prepare } of contestants) {
    await prepare?.(requests)
    await work(requests)
  }
  for (let round = 0; round < rounds; round++)
    for (const [place, contestant] of contestants.entries()) {
      await contestant.prepare?.(requests)
      const before = await contestant.cpuMs()
      const started = performance.now()
      await contestant.work(requests)
      const seconds = (performance.now() - started) / 1000
      cpu[place]?.push(((await contestant.cpuMs()) - before) / (requests / 1000))
      rate[place]?.push(requests / seconds)
    }
  return contestants.map(({ name }, place) => {
    const rounds = cpu[place] ?? []
    return { name, rounds, cpuMsPerThousand: median(rounds), requestsPerSecond: median(rate[place] ?? []) }
  })
}

/** Starts them, lets them compete, and stops them whatever happens. */
export async function compare(starting: readonly Promise<Contestant>[], options: ContestOptions): Promise<Result[]> {
  const started = await Promise.allSettled(starting)
  const contestants = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
  try {
    for (const each of started) if (each.status === "rejected") throw each.reason
    return await contest(contestants, options)
  } finally {
    for (const { stop } of contestants) await stop()
  }
}
