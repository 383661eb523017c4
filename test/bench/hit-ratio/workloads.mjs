// What is asked for, request by request: made by chance that is the same in each run, or read from traces of others.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Mulberry32, as `test/harness/seeded-chance.ts`. */
function seededChance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ranks from 0 by a Zipf law: exponent 0.9 is about what Breslau et al. saw of web caches (INFOCOM 1999: 0.64 to 0.83 and more). */
function zipf(objects, exponent, chance) {
  const sums = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank++) sums[rank] = sum += 1 / (rank + 1) ** exponent;
  return () => {
    const wanted = chance() * sum;
    let [low, high] = [0, objects - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

const plainSize = 4_000;

/** Log-normal, as sizes of answers are (median 4 kB, mean about 13 kB), at most 1 MiB, which is the default of `maxBody`. */
function spreadSizes(objects, chance) {
  return Int32Array.from({ length: objects }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
    return Math.min(1_048_576, Math.max(200, Math.round(plainSize * Math.exp(1.5 * normal))));
  });
}

/** `scan`: so many objects that nobody else asks for, after every 20,000 requests. They are no part of what the shares are of. */
function madeUp(name, { objects = 100_000, requests = 1_000_000, scan = 0, isSpread = false }) {
  const chance = seededChance(15);
  const next = zipf(objects, 0.9, chance);
  const ids = [];
  let scanned = objects;
  for (let asked = 1; asked <= requests; asked++) {
    ids.push(next());
    if (asked % 20_000 === 0) for (let step = 0; step < scan; step++) ids.push(scanned++);
  }
  const sizes = isSpread ? spreadSizes(scanned, chance) : new Int32Array(scanned).fill(plainSize);
  return { name, ids: Int32Array.from(ids), sizes, objects };
}

export const madeUpWorkloads = [
  () => madeUp("Zipf 0.9", {}),
  () => madeUp("Zipf 0.9 with scans", { scan: 4_000 }),
  () => madeUp("Zipf 0.9, sizes", { isSpread: true }),
  () => madeUp("Zipf 0.9 with scans, sizes", { scan: 4_000, isSpread: true }),
];

/**
 * Traces in the form of the ARC paper (Megiddo and Modha, FAST 2003), as github.com/moka-rs/cache-trace has them: a line is the
 * first block, how many, and two numbers that nobody needs. `most`: requests of each.
 */
export function tracesIn(folder, most) {
  const files = readdirSync(folder).filter((file) => /\.lis(\.zst)?$/.test(file));
  if (files.length === 0) throw new Error(`${folder} has no traces: files that end in .lis or .lis.zst`);
  return files.sort().map((file) => () => readTrace(join(folder, file), file.replace(/\.lis(\.zst)?$/, ""), most));
}

function readTrace(path, name, most) {
  if (!existsSync(path)) throw new Error(`there is no ${path}`);
  const text = path.endsWith(".zst") ? unpacked(path, most) : readFileSync(path).toString("latin1");
  const known = new Map();
  const ids = new Int32Array(most);
  let count = 0;
  for (let at = 0; at < text.length && count < most; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
    const [first, blocks] = line.split(" ", 2).map(Number);
    for (let block = first; block < first + blocks && count < most; block++) {
      let id = known.get(block);
      if (id === undefined) {
        id = known.size;
        known.set(block, id);
      }
      ids[count++] = id;
    }
  }
  return { name, ids: ids.subarray(0, count), sizes: new Int32Array(known.size).fill(plainSize), objects: known.size };
}

/** No more of it than is read: a line is at least one request, and 40 characters at most. */
function unpacked(path, most) {
  const command = 'zstd -dc -- "$0" | head -c "$1"';
  const { stdout, status, error } = spawnSync("sh", ["-c", command, path, String(most * 40)], { maxBuffer: 2 ** 30 });
  if (error !== undefined || status !== 0 || stdout.length === 0)
    throw new Error(`${path} cannot be unpacked: apt-get install zstd, or is it a pointer of Git LFS?`);
  return stdout.toString("latin1");
}
