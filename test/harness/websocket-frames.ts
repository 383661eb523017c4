/** A frame (RFC 6455 §5.2), unmasked. */
export interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** `mask`: four octets, as clients must send them. */
export function frame(opcode: number, payload: Buffer, mask?: Buffer): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = 0x80 | opcode;
  head[1] = (mask === undefined ? 0 : 0x80) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(length, 2);
  else if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return mask === undefined ? Buffer.concat([head, payload]) : Buffer.concat([head, mask, masked(payload, mask)]);
}

/** Status code and reason (RFC 6455 §5.5.1). */
export const closePayload = (code: number, reason: string): Buffer => {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
};

/** Takes bytes as they come and gives whole frames. */
export class FrameReader {
  #bytes = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const frames: Frame[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) frames.push(next);
    return frames;
  }

  #next(): Frame | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]! & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const isMasked = (bytes[1]! & 0x80) !== 0;
    const start = 2 + extended + (isMasked ? 4 : 0);
    if (bytes.length < start) return undefined;
    const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return undefined;
    const raw = bytes.subarray(start, start + length);
    this.#bytes = bytes.subarray(start + length);
    return {
      opcode: bytes[0]! & 0x0f,
      isFinal: (bytes[0]! & 0x80) !== 0,
      payload: isMasked ? masked(raw, bytes.subarray(start - 4, start)) : Buffer.from(raw),
    };
  }
}

/** Puts the fragments of a message together (RFC 6455 §5.4); browsers send large ones so. */
export class MessageReader {
  #opcode = 0;
  #fragments: Buffer[] = [];

  /** Undefined: there is more to come. Control frames come between fragments, and are given as they are. */
  push(frame: Frame): Frame | undefined {
    if (frame.opcode >= opcodes.close) return frame;
    if (frame.opcode !== opcodes.continuation) this.#opcode = frame.opcode;
    this.#fragments.push(frame.payload);
    if (!frame.isFinal) return undefined;
    const payload = Buffer.concat(this.#fragments);
    this.#fragments = [];
    return { opcode: this.#opcode, isFinal: true, payload };
  }
}

function masked(payload: Buffer, mask: Buffer): Buffer {
  const result = Buffer.from(payload);
  for (let index = 0; index < result.length; index++) result[index]! ^= mask[index & 3]!;
  return result;
}
