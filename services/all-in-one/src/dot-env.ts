/** The file `.env` of the working directory, which development reads and production does not. */

/** What the environment already says wins. @throws Error when the file exists and cannot be read */
export function readDotEnv(): void {
  if (process.env["NODE_ENV"] === "production") return
  try {
    process.loadEnvFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  }
}
