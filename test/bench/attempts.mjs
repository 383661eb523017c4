// What health checks, a breaker, retries and ejection cost a request of a whole gateway while the service is healthy, over the
// same gateway with the same three endpoints and none of them.
//
//   npm run bench attempts [-- --rounds=7 --seconds=1 --only=retry --pieces]
//
// First the pieces that differ, in this process: from the decision to forward to the end of the answer, with everything but
// sockets. Each figure is processor time, the least of many rounds: what a busy machine adds is not in it, so it is the one that
// is judged. Then whole gateways (`--pieces`: without them): instructions in user space, to which a machine adds only its timers,
// and what the requests take; and under load, for what instructions leave out.
import { parseArgs } from "node:util";
import { countInstructions, portOfGateway, userTimeOf } from "./data-plane/counted-process.mjs";
import { buildGateway, startGateway } from "./data-plane/gateways.mjs";
import { chooseCounter } from "./data-plane/instruction-counter.mjs";
import { saturate } from "./data-plane/load.mjs";
import { startService } from "./data-plane/peers.mjs";
import { stopAll } from "./data-plane/processes.mjs";
import { difference, printSubjects, takeTurns } from "./data-plane/rounds.mjs";
import { forwardings, leastOf } from "./failures/forwardings.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    pieces: { type: "boolean", default: false },
  },
});
/** Microseconds more, for all of them together. */
const goal = 1;
const request = { path: "/orders/ord_123" };

const pieces = await leastOf(forwardings());
const [yardstick] = pieces;
let isMissed = false;
console.log("from the decision to forward to the end of the answer, without sockets");
for (const { name, least } of pieces) {
  const added = least - yardstick.least;
  const isOver = name === "with all of them" && added > goal;
  isMissed ||= isOver;
  const judged = name === "with all of them" ? `, at most ${goal}${isOver ? "   MISSED" : ""}` : "";
  console.log(`  ${name.padEnd(20)} ${least.toFixed(2)} µs, ${added.toFixed(2).padStart(5)} more${judged}`);
}
if (values.pieces) process.exit(isMissed ? 1 : 0);

const service = await startService();
/** One service in the place of three, so that nothing but the gateway is another one from subject to subject. */
const endpoints = ["a", "b", "c"].map((name) => `${service.origin}/${name}`);
const parts = {
  passive: "health: { passive: { consecutive: 5, errorRate: 50% } }",
  breaker: "breaker: { errorRate: 50% }",
  retry: "retry: { attempts: 3, perTry: 1s }",
};
const all = ["health: { active: { path: /healthz }, passive: { consecutive: 5, errorRate: 50% } }", parts.breaker, parts.retry];
const gateway = (urls, options) =>
  buildGateway({
    "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { public: benchmark } } }
services:
  backend:
    endpoints: ${JSON.stringify(urls)}
${options.map((option) => `    ${option}\n`).join("")}`,
  });
const wanted = [
  { name: "three endpoints", options: [] },
  { name: "one endpoint", urls: endpoints.slice(0, 1), options: [] },
  ...Object.entries(parts).map(([name, option]) => ({ name: `with ${name}`, options: [option] })),
  { name: "with all of them", options: all },
  { name: "and hedging", options: [...all, "hedge: { after: p95 }"] },
].filter(({ name }, index) => index === 0 || name.includes(values.only));
const subjects = wanted.map(({ name, urls = endpoints, options }) => ({ name, out: gateway(urls, options) }));

const counter = await chooseCounter();
console.log(`Node ${process.versions.node}; counted by ${counter.name}`);
for (const subject of subjects) {
  subject.args = [`${subject.out}/gateway.mjs`, "--log-level", "error"];
  subject.instructions = await countInstructions(counter, subject.args, portOfGateway, request);
  console.log(`  ${subject.name.padEnd(20)} ${Math.round(subject.instructions)} instructions/request`);
}

const [bare] = subjects;
const user = await userTimeOf(bare.args, portOfGateway, request);
const perMicrosecond = bare.instructions / user;
console.log(`  ${bare.name}: ${user.toFixed(1)} µs of user time, ${Math.round(perMicrosecond)} instructions in each`);

for (const subject of subjects)
  Object.assign(subject, await startGateway(subject.name, subject.out, { args: ["--log-level", "error"] }));
const times = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
await takeTurns(subjects, times, (subject, seconds) => saturate(subject, request, { seconds, connections: 32 }));
printSubjects(subjects);

for (const subject of subjects.slice(1)) {
  const added = (subject.instructions - bare.instructions) / perMicrosecond;
  console.log(
    `  ${subject.name.padEnd(20)} ${added.toFixed(2).padStart(6)} µs by instructions, ${difference(subject, bare).toFixed(1).padStart(5)} µs of CPU under load`,
  );
}
await stopAll();
process.exit(isMissed ? 1 : 0);
