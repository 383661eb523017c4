import { CidrRanges } from "./cidr.ts";
import { Ipv4Ranges } from "./ipv4-ranges.ts";
import { Ipv6Ranges } from "./ipv6-ranges.ts";

/** A set of blocks as another process of the same machine gets it: sorted already, so that it need not be built again. */
export type PackedCidr = { readonly firsts: string; readonly lasts: string; readonly ranges: string };

export const packCidr = ({ v4, v6 }: CidrRanges): PackedCidr => ({
  firsts: packed(v4.firsts),
  lasts: packed(v4.lasts),
  ranges: packed(v6.ranges),
});

export const unpackCidr = ({ firsts, lasts, ranges }: PackedCidr): CidrRanges =>
  new CidrRanges(new Ipv4Ranges(unpacked(firsts), unpacked(lasts)), new Ipv6Ranges(unpacked(ranges)));

const packed = ({ buffer, byteOffset, byteLength }: Uint32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

function unpacked(text: string): Uint32Array {
  const bytes = Buffer.from(text, "base64");
  const words = new Uint32Array(bytes.length / 4);
  // A buffer may begin anywhere in its memory, words may not.
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
