/** A 64-bit integer as text, exact. */
export const isInt64Text = (text: string): boolean => isWithin(text, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn);
export const isUint64Text = (text: string): boolean => isWithin(text, 0n, 0xffff_ffff_ffff_ffffn);

function isWithin(text: string, least: bigint, most: bigint): boolean {
  // Twenty digits hold every 64-bit integer; longer text is not worth a big number.
  if (!shape.test(text)) return false;
  const value = BigInt(text);
  return value >= least && value <= most;
}

const shape = /^-?\d{1,20}$/;
