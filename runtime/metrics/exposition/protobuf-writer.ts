/**
 * The other writer, of `exporters/otlp`, is made for spans, of which each request has some: tags of one byte, keys as words, texts of
 * ASCII byte by byte, and the bytes of a batch that it does not own. This one runs in a thread that writes a scrape now and then, and
 * has what Prometheus' messages need instead: fields past 15, zigzag, messages of any length. They share no line that could be shared
 * without a call for each byte there or bytes of the one in bundles with the other.
 *
 * Writes messages of Protocol Buffers into a buffer that grows. A field without a value must not be written by its caller.
 */
export class ProtobufWriter {
  readonly #encoder = new TextEncoder();
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #end = 0;

  constructor(size = 16_384) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written since the last time; the buffer is used again. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    return taken;
  }

  text(field: number, value: string): void {
    const from = this.#begin(field);
    this.#make(value.length * 3);
    this.#end += this.#encoder.encodeInto(value, this.#bytes.subarray(this.#end)).written;
    this.#close(from);
  }

  double(field: number, value: number): void {
    this.#key(field, 1);
    this.#make(8);
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
  }

  /** A whole number from 0 to 2^53. */
  unsigned(field: number, value: number): void {
    this.#key(field, 0);
    this.varint(value);
  }

  /** `sint32` and `sint64`. */
  signed(field: number, value: number): void {
    this.unsigned(field, zigzag(value));
  }

  /** Packed `sint64`. */
  signedList(field: number, values: readonly number[]): void {
    const from = this.#begin(field);
    for (const value of values) this.varint(zigzag(value));
    this.#close(from);
  }

  message(field: number, write: () => void): void {
    const from = this.#begin(field);
    write();
    this.#close(from);
  }

  varint(value: number): void {
    this.#make(10);
    let rest = value;
    // Numbers may be longer than the 32 bits that operators on bits have.
    while (rest >= 128) {
      this.#bytes[this.#end++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#end++] = rest;
  }

  #key(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** One byte is left for the length of what follows, which is mostly enough. */
  #begin(field: number): number {
    this.#key(field, 2);
    this.#make(1);
    return ++this.#end;
  }

  #close(from: number): void {
    const length = this.#end - from;
    let more = 0;
    for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) more++;
    if (more > 0) {
      this.#make(more);
      this.#bytes.copyWithin(from + more, from, this.#end);
    }
    this.#end = from - 1;
    this.varint(length);
    this.#end = from + more + length;
  }

  #make(room: number): void {
    if (this.#end + room <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + room));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
