/** What is said of members of a JSON object that have no meaning: in a file with secrets a name may be one, in the wrong place. */

/** No secret is made of letters alone. */
const looksLikeName = /^[A-Za-z_]{1,40}$/

export function unknownMembers(names: readonly string[]): string {
  const sayable = names.filter((name) => looksLikeName.test(name)).map((name) => `"${name}"`)
  const others = names.length - sayable.length
  return `Unrecognized key: ${[...sayable, ...(others > 0 ? [`${others} that cannot be shown`] : [])].join(", ")}`
}
