/** Starting with several authorization servers: one that can be decided for is enough to be of use. */
import { WrongConfiguration } from "../wrong-configuration.ts"
import type { Authority } from "./authority.ts"

/**
 * Resolves with the first, so that a provider that is being left and is down keeps no new replica out; the others follow.
 * @param onWrong called for a server that can only be mended by an operator, once others already serve
 * @throws WrongConfiguration of any of them, as long as none serves
 */
export async function startAll(
  authorities: readonly Authority[],
  { signal, onWrong }: { signal: AbortSignal; onWrong: (error: unknown, authority: Authority) => void },
): Promise<void> {
  const { promise: firstStarted, resolve, reject } = Promise.withResolvers<void>()
  let serving = false
  for (const authority of authorities)
    authority.start(signal).then(
      () => {
        serving = true
        resolve()
      },
      (error: unknown) => {
        if (!serving && error instanceof WrongConfiguration) reject(error)
        else if (signal.aborted) reject(error)
        else onWrong(error, authority)
      },
    )
  await firstStarted
}
