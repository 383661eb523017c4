/** All places; see `placeOf`. */
const all = 2 ** 32;

/** A part of the places, up to `until`, and whose it is: the index of an arm, or -1 for nobody's. */
interface Part {
  readonly from: number;
  readonly until: number;
  readonly arm: number;
}

/**
 * Which places belong to which arm. Each arm grows from a place of its own, so that one whose share grows keeps all that it
 * has, and one whose share shrinks gives back what it got last. The first grows up from the lower end and the second down
 * from the upper one: these two never meet. Further ones begin between them and step over what is taken, so that
 * users of a third arm may move where one ahead of it needs the room.
 */
export class Places {
  readonly #parts: readonly Part[];

  /** @param shares of the arms, from 0 to 1, together at most 1. */
  constructor(shares: readonly number[]) {
    let parts: Part[] = [{ from: 0, until: all, arm: -1 }];
    for (const [arm, share] of shares.entries()) parts = taken(parts, arm, Math.round(share * all));
    this.#parts = parts;
  }

  /** -1: of none. */
  armAt(place: number): number {
    for (const part of this.#parts) if (place < part.until) return part.arm;
    return -1;
  }
}

/** The parts with so many free places for the arm. */
function taken(parts: readonly Part[], arm: number, wanted: number): Part[] {
  const isDownward = arm === 1;
  const begin = beginOf(arm);
  const cut = parts.flatMap((part): Part[] =>
    part.from < begin && begin < part.until
      ? [
          { ...part, until: begin },
          { ...part, from: begin },
        ]
      : [part],
  );
  const free = cut.filter((part) => part.arm === -1);
  const order = isDownward
    ? free.toReversed()
    : [...free.filter(({ from }) => from >= begin), ...free.filter(({ from }) => from < begin)];
  let left = wanted;
  const whose = new Map<Part, Part[]>();
  for (const part of order) {
    const size = Math.min(left, part.until - part.from);
    if (size === 0) break;
    left -= size;
    const edge = isDownward ? part.until - size : part.from + size;
    const [own, rest] = isDownward
      ? [
          { from: edge, until: part.until, arm },
          { ...part, until: edge },
        ]
      : [
          { from: part.from, until: edge, arm },
          { ...part, from: edge },
        ];
    whose.set(
      part,
      [own, rest].filter(({ from, until }) => from < until),
    );
  }
  return cut.flatMap((part) => whose.get(part) ?? [part]).sort((one, other) => one.from - other.from);
}

/** 0, the upper end, and then halves, quarters, eighths: van der Corput's sequence. */
function beginOf(arm: number): number {
  if (arm < 2) return arm * all;
  let begin = 0;
  for (let rest = arm - 1, part = all / 2; rest > 0; rest >>>= 1, part /= 2) begin += (rest & 1) * part;
  return begin;
}
