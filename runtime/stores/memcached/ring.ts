// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";

/** Points of each server on the ring, as many as ketama has (https://www.metabrew.com/article/libketama). */
const points = 160;
/** Of one hash. */
const pointsOfHash = 8;

/**
 * Which server has a key: the one whose point comes next on a ring of 32 bits. With one server more or less, the keys of the
 * others stay where they are. As ketama, but by SHA-256.
 */
export class Ring {
  readonly #points: readonly (readonly [point: number, server: number])[];

  constructor(names: readonly string[]) {
    const all: [number, number][] = [];
    for (const [server, name] of names.entries())
      for (let index = 0; index < points / pointsOfHash; index++) {
        const digest = crypto.hash("sha256", `${name}-${index}`, "buffer");
        for (let at = 0; at < pointsOfHash; at++) all.push([digest.readUInt32BE(at * 4), server]);
      }
    this.#points = all.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }

  serverOf(key: string): number {
    const point = crypto.hash("sha256", key, "buffer").readUInt32BE(0);
    let [low, high] = [0, this.#points.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#points[middle]![0] < point) low = middle + 1;
      else high = middle;
    }
    // Behind the last point comes the first.
    return (this.#points[low] ?? this.#points[0])![1];
  }
}
