/**
 * Numbers as a text, for messages in JSON: most of them are small and whole, so that a byte is enough, and a list of numbers in JSON
 * takes ten times as long to write. One more than a whole number as a varint (seven bits in a byte, the lowest first, with the highest
 * bit set where more follow); 0 and eight bytes of a double, the lowest first, of any other; all of it in base64.
 */
export function packNumbers(numbers: Float64Array): string {
  const bytes = Buffer.allocUnsafe(numbers.length * mostBytes);
  let at = 0;
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]!;
    if (!(number >= 0 && number < Number.MAX_SAFE_INTEGER && Number.isInteger(number))) {
      bytes[at] = 0;
      at = bytes.writeDoubleLE(number, at + 1);
      continue;
    }
    let rest = number + 1;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
    bytes[at++] = rest;
  }
  return bytes.toString("base64", 0, at);
}

/** Bytes of a number, at most: a double, or 53 bits. */
const mostBytes = 9;

/** Throws a `RangeError` where the text ends within a number. */
export function unpackNumbers(text: string): Float64Array {
  const bytes = Buffer.from(text, "base64");
  const numbers = new Float64Array(bytes.length);
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === 0) {
      numbers[count++] = bytes.readDoubleLE(at + 1);
      at += 9;
      continue;
    }
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * weight;
      if (byte < 128) break;
    }
    numbers[count++] = value - 1;
  }
  return numbers.slice(0, count);
}
