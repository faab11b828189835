/** JSON as it came, of which nothing is believed but that it is an object. */

/** The payload of a JWT, or an introspection answer. */
export type RawClaims = Readonly<Record<string, unknown>>
