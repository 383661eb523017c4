// The data plane beside nginx, HAProxy and the proxies that Node users run: CPU time per request, throughput, latency,
// memory and size, each with its goal. Everything runs on this machine, over loopback, one process a proxy.
//
//   npm run bench data-plane -- [--quick] [--only=bare,tls] [--rounds=5] [--seconds=3] [--baseline=FOLDER]
//
// Compare only figures of one run: the subjects of a case take turns, and the table shows medians. `--baseline` puts the
// gateway of another checkout, which must be built, beside this one.
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./data-plane/cases.mjs";
import { printVersions, startService } from "./data-plane/peers.mjs";
import { stopAll } from "./data-plane/processes.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    baseline: { type: "string" },
  },
});
const wanted = values.only?.split(",") ?? Object.keys(cases);
const unknown = wanted.filter((name) => !Object.hasOwn(cases, name));
if (unknown.length > 0) {
  console.error(`There is no case ${unknown.join(", ")}. Known: ${Object.keys(cases).join(", ")}.`);
  process.exit(2);
}

console.log(`${cpus()[0].model}, ${cpus().length} cores; ${new Date().toISOString().slice(0, 10)}`);
await printVersions();
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 1 : 3));
console.log(`${rounds} rounds of ${seconds} s, medians`);

for (const name of wanted) {
  const [title, measure] = cases[name];
  console.log(`\n${title} (--only=${name})`);
  const service = await startService();
  await measure({
    service,
    rounds,
    seconds,
    isQuick: values.quick,
    connections: values.quick ? 2_000 : 10_000,
    baseline: values.baseline === undefined ? undefined : resolve(values.baseline, "dist/compiler/main.js"),
  });
  await stopAll();
}
process.exit(0);
