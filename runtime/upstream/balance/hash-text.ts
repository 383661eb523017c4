/**
 * 32 bits of a text, spread evenly: MurmurHash3 (x86, 32 bits; Appleby, public domain) over its UTF-16 code units. Not secret:
 * who knows the text knows its place.
 */
export function hashText(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 2) {
    // Of an odd text the last half is empty.
    const low = text.charCodeAt(at);
    const high = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
    let block = Math.imul(low | (high << 16), 0xcc9e2d51);
    block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
    hash ^= block;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  return finished(hash ^ (text.length * 2));
}

/** Another 32 bits for each number. */
export const mixed = (hash: number, number: number): number => finished(hash ^ Math.imul(number, 0x9e3779b1));

function finished(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
