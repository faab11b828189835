/** What only an operator can mend: the process says it in one sentence and ends. */

export class WrongConfiguration extends Error {
  override readonly name = "WrongConfiguration"
}
