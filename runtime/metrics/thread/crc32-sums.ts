/** The polynomial of CRC-32 with its lowest power in the highest bit (RFC 1952 §8), in which polynomials are written here. */
const polynomial = 0xedb88320;
/** The polynomial 1, and x^8: a byte. */
const one = 0x8000_0000;
const ofByte = 0x0080_0000;

/** What a CRC-32 is multiplied by when so many bytes follow: x^(8 · length). */
export function ofLength(length: number): number {
  let product = one;
  let square = ofByte;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) product = times(product, square);
    square = times(square, square);
  }
  return product;
}

/**
 * CRC-32 of two pieces, one behind the other, of those of each: a CRC is a remainder of a division, so what stands in front counts
 * as often as what follows is long. That both are inverted before and after cancels out.
 */
export const sumOfBoth = (before: number, { sum, shift }: { readonly sum: number; readonly shift: number }): number =>
  (times(before, shift) ^ sum) >>> 0;

/** The product of two polynomials over GF(2), modulo that of CRC-32. */
function times(a: number, b: number): number {
  let product = 0;
  let power = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= power;
    power = power & 1 ? (power >>> 1) ^ polynomial : power >>> 1;
  }
  return product >>> 0;
}
