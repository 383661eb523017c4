// 10,000 endpoints that all change at once: how long the event loop works for it, in slices of what length, by each way of choosing among
// them, in each of the processes of `--workers 2`, from the bytes of the registry to the first request; and how soon after a change
// of a registry that pushes the first request is at the new endpoint.
//
//   npm run bench endpoints [-- --only=changed,pushed --registries=etcd,redis --write]
//
// Of five rounds the median counts; a slice is the longest one of a round. It is time of the thread's own on the processor, in which what
// else runs on the machine shows all the same: caches and cores are shared. JSON.parse of the list stands beside it for that.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { stopAll } from "./data-plane/processes.mjs";
import { changedAtOnce, parsedAtOnce } from "./endpoints/at-once.mjs";
import { pushedBy } from "./endpoints/pushes.mjs";
import { closeServers, registries } from "./endpoints/registries.mjs";
import { nameOf, ways } from "./endpoints/ways.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "changed,pushed" },
    registries: { type: "string", default: Object.keys(registries).join(",") },
    write: { type: "boolean", default: false },
  },
});
const only = values.only.split(",");
const goals = { total: 50, slice: 5, push: 1_000 };
let isMissed = false;
const lines = [];
const print = (line) => {
  console.log(line);
  lines.push(line);
};
const row = (cells) => print(`| ${cells.join(" | ")} |`);
const judged = (isKept) => {
  isMissed ||= !isKept;
  return isKept ? "kept" : "MISSED";
};

print(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0].model.trim()}, load average ${loadavg()[0].toFixed(0)}.\n`);

if (only.includes("changed")) {
  const { ms, bytes } = parsedAtOnce();
  print(
    `Milliseconds of the event loop for 10,000 endpoints that are others at once, and the longest slice of it. \`JSON.parse\` of the list`,
  );
  print(
    `(${Math.round(bytes / 1_000)} kB) takes ${ms.toFixed(1)} ms at a stroke. The first time of a process is in parentheses. At most`,
  );
  print(`${goals.total} ms, in slices of ${goals.slice} ms.\n`);
  row(["Way", "reads the registry", "slice", "passes it on", "slice", "is told", "slice", ""]);
  row(["---", ...Array(6).fill("--:"), "---"]);
  for (const way of ways) {
    const found = await changedAtOnce(way);
    const cells = Object.values(found).flatMap(({ total, first, longest }) => [`${total.toFixed(1)} (${first.toFixed(0)})`, longest.toFixed(1)]); // biome-ignore format: one line
    const isKept = Object.values(found).every(({ total, longest }) => total <= goals.total && longest <= goals.slice);
    row([nameOf(way), ...cells, judged(isKept)]);
  }
  print("");
}

if (only.includes("pushed")) {
  print(
    "Milliseconds from a change in the registry to the first request at the new endpoint, of 20 changes at any time, two workers. At",
  );
  print(`most ${goals.push} ms.\n`);
  row(["Registry", "least", "median", "most", ""]);
  row(["---", "--:", "--:", "--:", "---"]);
  for (const name of values.registries.split(",")) {
    const times = await pushedBy(name);
    const [least, median, most] = [times[0], times[Math.floor(times.length / 2)], times.at(-1)];
    row([name, ...[least, median, most].map((time) => time.toFixed(0)), judged(most <= goals.push)]);
  }
}

closeServers();
await stopAll();
if (values.write) writeFileSync(new URL("endpoints/results.md", import.meta.url), `# Endpoints that change\n\nWritten by \`npm run bench endpoints -- --write\`. ${lines.join("\n").trimEnd()}\n`); // biome-ignore format: one line
process.exit(isMissed ? 1 : 0);
