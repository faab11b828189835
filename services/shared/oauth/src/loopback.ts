/** Which host names mean "this machine", literally: no name is resolved. */

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]", "::1"])

/** True for `localhost`, `127.0.0.1` and `[::1]` (RFC 8252 §7.3, §8.3). */
export const isLoopbackHost = (hostname: string): boolean => loopbackHosts.has(hostname.toLowerCase())
