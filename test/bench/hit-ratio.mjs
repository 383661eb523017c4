// How often the cache has what is asked for, beside LRU and the policies of PyPI `libcachesim`, with as many bytes each. Ends with 1
// where it is worse than it should be.
//
//   npm run bench hit-ratio
//   npm run bench hit-ratio -- --traces=FOLDER      # and traces: `arc` of github.com/moka-rs/cache-trace (Git LFS)
//   npm run bench hit-ratio -- --python=.venv/bin/python --most=4000000 --write
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { simulated, versionIn } from "./hit-ratio/libcachesim.mjs";
import { gatewright, lru, replay } from "./hit-ratio/replay.mjs";
import { madeUpWorkloads, tracesIn } from "./hit-ratio/workloads.mjs";
import { scratch } from "./support.mjs";

const option = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
const folder = option("traces");
const python = option("python") ?? "python3";
const shares = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5];
/** Points by which it should have more requests than LRU, by share, where objects are asked for by Zipf's law; never less than `least`. */
const goals = new Map([
  [0.01, 5],
  [0.1, 3],
]);
const least = -0.5;
const policies = ["LRU", "S3FIFO", "WTinyLFU"];

const version = versionIn(python);
if (version === undefined) console.error(`${python} has no libcachesim: pip install libcachesim, and --python=PATH. Left out.`);
if (folder === undefined) console.error("No --traces=FOLDER: traces are left out.");

const workloads = [...madeUpWorkloads, ...(folder === undefined ? [] : tracesIn(folder, Number(option("most") ?? 4_000_000)))];
const names = ["Gatewright", "LRU", ...(version === undefined ? [] : policies.map((policy) => `${policy} of libcachesim`))];
const lines = [
  "# Hit ratio",
  "",
  "Percent of the requests (and of the bytes) that a cache has, with room for a share of the bytes of all objects. Written by",
  `\`npm run bench hit-ratio -- --write\`${version === undefined ? "" : `, with libcachesim ${version}`}. What Gatewright remembers of answers that have left takes a part of`,
  "its bytes; the others remember for free. Traces are those of the ARC paper (Megiddo and Modha, FAST 2003): blocks of disks behind",
  "the caches of systems, and no requests of HTTP. The goals are +5 points over LRU at 1 %, and +3 at 10 %, where objects are asked for",
  "by Zipf's law, and never less than −0.5. On such traces the policies of others do not reach the first two either.",
  "",
  row(["Workload", "Room", ...names, "Over LRU"]),
  row(["---", "--:", ...names.map(() => "--:"), "--:"]),
];
console.log(lines.join("\n"));
const missed = [];
for (const make of workloads) {
  const workload = make();
  const keys = Array.from(workload.sizes, (_, id) => `/objects/${id}`);
  const whole = workload.sizes.subarray(0, workload.objects).reduce((sum, size) => sum + size, 0);
  const bytes = shares.map((share) => Math.round(whole * share));
  const theirs = version === undefined ? {} : simulated(python, scratch(), workload, bytes, policies);
  shares.forEach((share, at) => {
    const [own, yardstick] = [replay(workload, keys, gatewright(bytes[at])), replay(workload, keys, lru(bytes[at]))];
    const over = own.requests - yardstick.requests;
    const wanted = (workload.isMadeUp === true ? goals.get(share) : undefined) ?? least;
    if (over < wanted) missed.push(`${workload.name}, ${percent(share)}: ${points(over)}, and not ${points(wanted)}`);
    const all = [own, yardstick, ...(version === undefined ? [] : policies.map((policy) => theirs[policy][at]))];
    const cells = [
      `${workload.name} (${workload.objects.toLocaleString("en")})`,
      percent(share),
      ...all.map(ratios),
      points(over),
    ];
    lines.push(row(cells));
    console.log(lines.at(-1));
  });
}
lines.push("", missed.length === 0 ? "All goals are reached." : "## Goals that are not reached", "");
if (missed.length > 0) lines.push(...missed.map((one) => `- ${one}`), "");
console.log(lines.slice(-missed.length - 3).join("\n"));
if (process.argv.includes("--write"))
  writeFileSync(fileURLToPath(new URL("hit-ratio/results.md", import.meta.url)), lines.join("\n"));
process.exitCode = missed.length === 0 ? 0 : 1;

function row(cells) {
  return `| ${cells.join(" | ")} |`;
}

function ratios({ requests, bytes }) {
  return `${requests.toFixed(1)} (${bytes.toFixed(1)})`;
}

function percent(share) {
  return `${share * 100} %`;
}

function points(number) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(1)}`;
}
