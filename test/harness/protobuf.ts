/** A message of Protocol Buffers without its definition: fields by number, each as the wire has it. */
export class Message {
  readonly #fields = new Map<number, (bigint | Buffer)[]>();

  constructor(bytes: Buffer) {
    for (let at = 0; at < bytes.length; ) {
      const [key, behind] = varint(bytes, at);
      const wireType = Number(key & 7n);
      let end: number;
      let value: bigint | Buffer;
      if (wireType === 0) [value, end] = varint(bytes, behind);
      else if (wireType === 1) [value, end] = [bytes.subarray(behind, behind + 8), behind + 8];
      else if (wireType === 2) {
        const [length, from] = varint(bytes, behind);
        end = from + Number(length);
        value = bytes.subarray(from, end);
      } else throw new Error(`wire type ${wireType}`);
      if (end > bytes.length) throw new Error(`field ${key >> 3n} ends behind its message`);
      const field = Number(key >> 3n);
      this.#fields.set(field, [...(this.#fields.get(field) ?? []), value]);
      at = end;
    }
  }

  messages = (field: number): Message[] => this.#buffers(field).map((bytes) => new Message(bytes));
  texts = (field: number): string[] => this.#buffers(field).map((bytes) => bytes.toString());
  doubles = (field: number): number[] => this.#buffers(field).map((bytes) => bytes.readDoubleLE());
  numbers = (field: number): number[] => this.#bigints(field).map(Number);
  signed = (field: number): number[] => this.#bigints(field).map(zigzag);
  packedSigned = (field: number): number[] => this.#buffers(field).flatMap(packed).map(zigzag);

  #buffers = (field: number): Buffer[] => (this.#fields.get(field) ?? []).map((value) => value as Buffer);
  #bigints = (field: number): bigint[] => (this.#fields.get(field) ?? []).map((value) => value as bigint);
}

/** Messages behind their lengths. */
export function messagesIn(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [length, from] = varint(bytes, at);
    at = from + Number(length);
    messages.push(new Message(bytes.subarray(from, at)));
  }
  return messages;
}

function varint(bytes: Buffer, from: number): [bigint, number] {
  let value = 0n;
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new Error("a varint has no end");
    value |= BigInt(byte & 127) << BigInt(7 * (at - from));
    if (byte < 128) return [value, at + 1];
  }
}

function packed(bytes: Buffer): bigint[] {
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [value, end] = varint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

const zigzag = (value: bigint): number => Number((value >> 1n) ^ -(value & 1n));
