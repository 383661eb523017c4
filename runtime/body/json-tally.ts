/**
 * Whether a value is all that its JSON text says, where the text has no backslash. Each quote then begins or ends a name
 * or a text, so that the text has two for each of them, and a value that lost a member to one of the same name has fewer.
 *
 * Also false where the value is deeper than `maxDepth`, or has a number beyond the integers that doubles tell apart: it is
 * then for the strict parser to say what it is.
 */
export const isWhole = (bytes: Uint8Array, value: unknown, maxDepth: number): boolean =>
  quotes(bytes) === 2 * textsOf([value], maxDepth + 1);

/** Names and texts in a container; below 0 where the value is not to be trusted. Recursion is bounded by `levels`. */
function textsOf(container: object, levels: number): number {
  if (levels === 0) return Number.NEGATIVE_INFINITY;
  let count = 0;
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length; index++) {
      const item: unknown = container[index];
      if (typeof item === "string") count++;
      else if (typeof item === "number") count += isExact(item) ? 0 : Number.NEGATIVE_INFINITY;
      else if (typeof item === "object" && item !== null) count += textsOf(item, levels - 1);
    }
    return count;
  }
  for (const name in container) {
    const member = (container as { readonly [name: string]: unknown })[name];
    count++;
    if (typeof member === "string") count++;
    else if (typeof member === "number") count += isExact(member) ? 0 : Number.NEGATIVE_INFINITY;
    else if (typeof member === "object" && member !== null) count += textsOf(member, levels - 1);
  }
  return count;
}

const isExact = (value: number): boolean => value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;

/** Four bytes at a time, as this is looked at for every byte of every body. */
function quotes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length & ~3;
  let others = 0;
  let index = 0;
  while (index < end) {
    // A lane counts up to 255.
    const stop = Math.min(end, index + 4 * 255);
    let lanes = 0;
    for (; index < stop; index += 4) {
      const word = view.getInt32(index) ^ 0x22222222;
      // The high bit of a lane is set where the byte is no quote.
      lanes += ((((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word) >>> 7) & 0x01010101;
    }
    others += (lanes & 255) + ((lanes >>> 8) & 255) + ((lanes >>> 16) & 255) + (lanes >>> 24);
  }
  let count = end - others;
  for (; index < bytes.length; index++) if (bytes[index] === 0x22) count++;
  return count;
}
