/** The part of a logger that this package speaks to. */

type Write = (fields: object, message: string) => void

export interface Log {
  info: Write
  warn: Write
  error: Write
}
