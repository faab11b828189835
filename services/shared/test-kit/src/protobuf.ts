/** Protocol buffers as they are on the wire: a message is numbered fields, and what they mean is for the reader to know. */

/** A whole number, or the bytes of text, of eight bytes, or of a message within. */
type Value = bigint | Uint8Array

/** A message's fields by number; a field may occur many times. */
export class Message {
  readonly #fields = new Map<number, Value[]>()

  /** @throws RangeError for bytes that end too early, Error for a wire type that nobody uses any more */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    const varint = (): bigint => {
      for (let number = 0n, shift = 0n; ; shift += 7n) {
        const byte = view.getUint8(at++)
        number |= BigInt(byte & 0x7f) << shift
        if (byte < 0x80) return number
      }
    }
    const take = (length: number): Uint8Array => {
      if (at + length > bytes.length) throw new RangeError("a field ends after its message")
      at += length
      return bytes.subarray(at - length, at)
    }
    while (at < bytes.length) {
      const tag = Number(varint())
      const value = readValue(tag & 7, { varint, take })
      this.#fields.set(tag >> 3, [...(this.#fields.get(tag >> 3) ?? []), value])
    }
  }

  #all(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).filter((value) => value instanceof Uint8Array)
  }

  has(field: number): boolean {
    return this.#fields.has(field)
  }

  messages(field: number): Message[] {
    return this.#all(field).map((bytes) => new Message(bytes))
  }

  /** "" when absent. */
  text(field: number): string {
    return Buffer.from(this.#all(field)[0] ?? []).toString("utf8")
  }

  /** "" when absent. */
  hex(field: number): string {
    return Buffer.from(this.#all(field)[0] ?? []).toString("hex")
  }

  /** 0 when absent. */
  integer(field: number): number {
    const value = this.#fields.get(field)?.[0]
    return typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0
  }

  /** 0 when absent. */
  fixed64(field: number): bigint {
    const [bytes] = this.#all(field)
    return bytes ? Buffer.from(bytes).readBigUInt64LE() : 0n
  }

  double(field: number): number {
    const [bytes] = this.#all(field)
    return bytes ? Buffer.from(bytes).readDoubleLE() : 0
  }
}

interface Reader {
  varint: () => bigint
  take: (length: number) => Uint8Array
}

function readValue(wireType: number, { varint, take }: Reader): Value {
  if (wireType === 0) return varint()
  if (wireType === 1) return take(8)
  if (wireType === 2) return take(Number(varint()))
  if (wireType === 5) return take(4)
  throw new Error(`wire type ${wireType}`)
}
