/** The public face of what runs beside a service in a cluster: what the services' own programs share with it. */
export { type CheckList, createCheckList, NotChecked } from "./check-list.ts"
export { print, runProgram } from "./program.ts"
export { checkRedis } from "./redis-check.ts"
export { createSigningKey } from "./signing-key.ts"
