/** The programs of a release as Kubernetes runs them: processes of their own, with an environment and nothing else. */
import { execFile } from "node:child_process"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../../../..")

export interface Ran {
  code: number
  /** What it printed, a line each. */
  lines: string[]
  stderr: string
}

/** @param source path of the program below `services`, such as `shared/release/src/test-auth.ts` */
export function runProgramOf(source: string, env: Record<string, string>): Promise<Ran> {
  const command = ["--conditions=source", join(root, "services", source)]
  return new Promise((done) => {
    const child = execFile(process.execPath, command, { env }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, lines: stdout.split("\n").filter((line) => line !== ""), stderr }),
    )
  })
}
