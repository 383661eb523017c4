/** What is known of a zone when requests are divided. */
export interface ZoneLoad {
  /** The order in which zones take requests; those of one level share them. */
  readonly level: number;
  /** Of its endpoints that work. */
  readonly weight: number;
  /** Part of all requests that it can bear, from 0 to 1. */
  readonly bears: number;
  /** Part of that which it is given, from 0 to 1. */
  readonly held: number;
}

/**
 * Shares of the requests, from 0 to 1, of zones that are sorted by level. What a level is given and can bear, it gets; what it
 * cannot take goes to the next one. What is left then goes to those that could bear more than they are given, and where even
 * that is not enough, the sum stays below 1.
 */
export function sharesOf(zones: readonly ZoneLoad[]): readonly number[] {
  const shares = zones.map(() => 0);
  let left = 1;
  for (const part of [(one: ZoneLoad) => one.held, () => 1])
    for (let first = 0; first < zones.length; ) {
      const { level } = zones[first]!;
      let end = first;
      while (end < zones.length && zones[end]!.level === level) end++;
      left = divide(zones, shares, first, end, left, part);
      first = end;
    }
  return shares;
}

/** Among the zones from `first` to `end`, by weight, each as far as it goes. What is left over. */
function divide(
  zones: readonly ZoneLoad[],
  shares: number[],
  first: number,
  end: number,
  all: number,
  part: (zone: ZoneLoad) => number,
): number {
  let left = all;
  // Each turn fills at least one of them, or gives all away.
  for (let turn = first; turn < end && left > 1e-9; turn++) {
    const room = (index: number): number => Math.max(0, zones[index]!.bears * part(zones[index]!) - shares[index]!);
    const pull = (index: number): number => (room(index) > 0 ? zones[index]!.weight * part(zones[index]!) : 0);
    let pulls = 0;
    for (let index = first; index < end; index++) pulls += pull(index);
    if (pulls === 0) break;
    const before = left;
    const gifts: number[] = [];
    for (let index = first; index < end; index++) gifts.push(Math.min(room(index), (before * pull(index)) / pulls));
    for (const [index, gift] of gifts.entries()) {
      shares[first + index]! += gift;
      left -= gift;
    }
  }
  return Math.max(0, left);
}
