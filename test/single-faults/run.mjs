// Single faults, one at a time: see README.md beside this file.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPlaces, kindNames } from "./places.mjs";
import { attempt, copyOf, remove } from "./trial.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    count: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    tests: { type: "string", default: "all" },
    list: { type: "boolean", default: false },
  },
});
const checkout = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
if (
  values.tests !== "all" &&
  values.tests !== "near" &&
  values.tests !== "quick" &&
  values.tests !== "own" &&
  !values.tests.split(",").every((path) => existsSync(`${checkout}/${path}`))
) {
  console.error("--tests is `all`, `near`, `quick`, `own`, or paths of tests with commas between them.");
  process.exit(2);
}

const files = execFileSync("git", ["ls-files", "runtime", "compiler"], { cwd: checkout, encoding: "utf8" })
  .split("\n")
  .filter((file) => /^.*\.ts$/.test(file) && !file.endsWith(".gen.ts") && !file.startsWith("compiler/generate/"))
  .filter((file) => values.only === undefined || file === values.only || file.startsWith(`${values.only}/`));
const byFolder = Map.groupBy?.(findPlaces(checkout, files), folderOf) ?? groupBy(findPlaces(checkout, files), folderOf);
if (byFolder.size === 0) {
  console.error(`No place for a fault${values.only === undefined ? "" : ` in ${values.only}`}.`);
  process.exit(2);
}

const random = randomOf(Number(values.seed));
const copy = values.list ? undefined : copyOf(checkout);
process.on("SIGINT", () => process.exit(130)).on("SIGTERM", () => process.exit(143));
process.on("exit", () => copy !== undefined && remove(copy));

const survivors = [];
const sums = new Map();
for (const [folder, places] of [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const sum = { noticed: 0, survived: 0 };
  sums.set(folder, sum);
  for (const place of drawn(places)) {
    if (sum.noticed + sum.survived === Number(values.count)) break;
    const what = `${place.file}:${place.line} ${place.kind}: ${place.was}`;
    if (copy === undefined) {
      console.log(what);
      sum.survived++;
      continue;
    }
    const { verdict, by } = await attempt(copy, place, values.tests);
    if (verdict === "types") continue;
    sum[verdict]++;
    if (verdict === "survived") survivors.push(what);
    console.log(`${verdict === "survived" ? "SURVIVED" : "noticed "} ${what}${by === undefined ? "" : `\n         by ${by}`}`);
  }
}
if (copy !== undefined) summarize();

function summarize() {
  console.log("\nfolder                                   noticed  survived");
  let noticed = 0;
  for (const [folder, sum] of sums) {
    noticed += sum.noticed;
    console.log(`${folder.padEnd(40)} ${String(sum.noticed).padStart(7)} ${String(sum.survived).padStart(9)}`);
  }
  const all = noticed + survivors.length;
  console.log(`\n${noticed} of ${all} faults noticed (${all === 0 ? 0 : Math.round((100 * noticed) / all)} %)`);
  for (const survivor of survivors) console.log(`SURVIVED ${survivor}`);
}

/** `runtime/http`, `compiler/phases/3-check`, `compiler/policies/cors`: as deep as one subject. */
function folderOf({ file }) {
  const parts = dirname(file).split("/");
  return parts.slice(0, parts[1] === "phases" || parts[1] === "policies" ? 3 : 2).join("/");
}

/** The places of a folder in the order in which they are tried: kinds take turns, places within a kind are drawn. */
function* drawn(places) {
  const piles = kindNames.map((kind) => places.filter((place) => place.kind === kind)).filter((pile) => pile.length > 0);
  for (let turn = Math.floor(random() * piles.length); piles.length > 0; turn++) {
    const index = turn % piles.length;
    const pile = piles[index];
    yield pile.splice(Math.floor(random() * pile.length), 1)[0];
    if (pile.length === 0) piles.splice(index, 1);
  }
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.has(key) ? groups.get(key).push(item) : groups.set(key, [item]);
  }
  return groups;
}

/** mulberry32, by Tommy Ettinger: enough for drawing. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
