// Instructions of a gateway per request, as a multiple of a program that passes bytes on between two
// streams of Node: a figure that a busy machine does not change, so CI can hold it to a bound.
//
//   npm run bench instructions            # ends with 1 where a bound is exceeded
//   npm run bench instructions -- --only=operations
//
// Counted in user space by `perf stat`, where the processor lets it, or by valgrind's callgrind, in which a request takes
// a millisecond. Both count between two requests of a running process, when its code is compiled.
import { countInstructions, portOfGateway } from "./data-plane/counted-process.mjs";
import {
  buildGateway,
  fullGateway,
  manyOperationsGateway,
  mirrorGateway,
  orderText,
  rollOutGateway,
  routeGateway,
  splitGateway,
} from "./data-plane/gateways.mjs";
import { chooseCounter } from "./data-plane/instruction-counter.mjs";
import { begin, message, stopAll } from "./data-plane/processes.mjs";

const only = process.argv.find((arg) => arg.startsWith("--only="))?.slice(7) ?? "";

/** The bounds are about half above what was found: what is meant to cost more raises them where everybody sees it. */
const subjects = [
  { name: "bare proxy", most: 4.5, path: "/orders/ord_123", files: (service) => routeGateway(service) },
  { name: "split", most: 3.7, path: "/orders/ord_123", files: (service) => splitGateway(service) },
  { name: "roll-out", most: 3.8, path: "/orders/ord_123", files: (service) => rollOutGateway(service) },
  { name: "mirror of none", most: 3.1, path: "/orders/ord_123", files: (service) => mirrorGateway(service, "0%") },
  { name: "mirror of all", most: 5, path: "/orders/ord_123", files: (service) => mirrorGateway(service, "100%") },
  { name: "with six policies", most: 5.6, path: "/things/7?limit=20&sort=created", files: (service) => fullGateway(service) },
  { name: "and 1 KB of JSON", most: 10.5, path: "/things", body: orderText, files: (service) => fullGateway(service) },
  { name: "kept answer", most: 2.5, path: "/kept", files: (service) => routeGateway(service, { policies: { cache: {} } }) },
  { name: "10 operations", most: 5.6, path: "/resource-{n}", spread: 2, files: (service) => manyOperationsGateway(service, 10) },
  // Of which the requests meet 2,000 in turn, each several times before they are counted.
  {
    name: "10,000 operations",
    most: 5.6,
    mostBeside: { name: "10 operations", most: 1.05 },
    path: "/resource-{n}",
    spread: 2_000,
    warmUp: 12_000,
    files: (service) => manyOperationsGateway(service, 10_000),
  },
].filter(({ name }) => name.includes(only));

const here = (file) => new URL(`data-plane/${file}`, import.meta.url);
const counter = await chooseCounter();
console.log(`Node ${process.versions.node}; counted by ${counter.name}`);

const service = begin(process.execPath, [here("plain-service.mjs").pathname], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
const servicePort = await message(service);
const origin = `http://127.0.0.1:${servicePort}`;

const yardstick = await countInstructions(counter, [here("tunnel.mjs").pathname, String(servicePort)], (said) => said, {
  path: "/orders/ord_123",
});
console.log(`  ${"bytes passed on".padEnd(20)} ${Math.round(yardstick)} instructions/request`);
let isMissed = false;
const seen = new Map();
for (const { name, most, mostBeside, files, warmUp, ...request } of subjects) {
  const bundle = `${buildGateway(files({ origin }))}/gateway.mjs`;
  const found = await countInstructions(counter, [bundle], portOfGateway, request, warmUp);
  seen.set(name, found);
  const times = found / yardstick;
  const beside = mostBeside === undefined ? 0 : found / seen.get(mostBeside.name);
  const isOver = times > most || beside > (mostBeside?.most ?? 0);
  isMissed ||= isOver;
  console.log(
    `  ${name.padEnd(20)} ${Math.round(found)} instructions/request, ${times.toFixed(2)} × bytes passed on; at most ${most}${mostBeside === undefined ? "" : `; ${beside.toFixed(3)} × ${mostBeside.name}, at most ${mostBeside.most}`}${isOver ? "   EXCEEDED" : ""}`,
  );
}
await stopAll();
process.exit(isMissed ? 1 : 0);
