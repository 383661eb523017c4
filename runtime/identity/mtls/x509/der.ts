/** What is not DER as RFC 5280 has it. The message is for operators, and holds nothing of the bytes. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** One element of DER (X.690 §10): its identifier octet, and where it and its content stand in `bytes`. */
export interface Element {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** Identifier octets of what certificates and lists of revoked ones consist of (X.680 §8.4). */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The element at `at`, which must end at `limit` or before. Lengths have one spelling in DER (X.690 §10.1). */
export function elementAt(bytes: Uint8Array, at: number, limit: number): Element {
  if (at + 2 > limit) throw new DerError("an element is cut off");
  const tag = bytes[at]!;
  // Numbers above 30 take more octets; nothing that is read here has one.
  if ((tag & 0x1f) === 0x1f) throw new DerError("an element has a tag that is not used in certificates");
  let length = bytes[at + 1]!;
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 4 || start + octets > limit) throw new DerError("an element has an unreadable length");
    length = 0;
    for (let index = 0; index < octets; index++) length = length * 256 + bytes[start + index]!;
    if (bytes[start] === 0 || length < 0x80) throw new DerError("a length is longer than it need be");
    start += octets;
  }
  if (length > limit - start) throw new DerError("an element is longer than what it is in");
  return { bytes, tag, at, start, end: start + length };
}

/** The one element that the bytes are. */
export function wholeOf(bytes: Uint8Array): Element {
  const element = elementAt(bytes, 0, bytes.length);
  if (element.end !== bytes.length) throw new DerError("something stands behind the end");
  return element;
}

/** The elements in another one, in order. */
export class Elements {
  readonly #of: Element;
  #at: number;

  constructor(of: Element) {
    this.#of = of;
    this.#at = of.start;
  }

  get isOver(): boolean {
    return this.#at >= this.#of.end;
  }

  /** The identifier octet of the next one; -1 behind the last. */
  get tag(): number {
    return this.isOver ? -1 : this.#of.bytes[this.#at]!;
  }

  /** @param tag that it must have; any where absent */
  next(tag?: number): Element {
    const found = elementAt(this.#of.bytes, this.#at, this.#of.end);
    if (tag !== undefined && found.tag !== tag) throw new DerError("an element is not of the kind that belongs there");
    this.#at = found.end;
    return found;
  }

  /** The next one where it has this tag; undefined where it has another. */
  optional(tag: number): Element | undefined {
    return this.tag === tag ? this.next() : undefined;
  }

  /** Nothing may follow. */
  finish(): void {
    if (!this.isOver) throw new DerError("an element holds more than belongs there");
  }
}

export function childrenOf(element: Element, tag: number): Elements {
  if (element.tag !== tag) throw new DerError("an element is not of the kind that belongs there");
  return new Elements(element);
}

export const contentOf = ({ bytes, start, end }: Element): Uint8Array => bytes.subarray(start, end);

/** With its identifier and length. */
export const encodingOf = ({ bytes, at, end }: Element): Uint8Array => bytes.subarray(at, end);
