// What health checks, a breaker, retries and ejection cost a request of a whole gateway while the service is healthy, over the
// same gateway with the same three endpoints and none of them.
//
//   npm run bench attempts [-- --rounds=7 --seconds=1 --only=retry]
//
// Instructions of the process in user space, which a busy machine does not change, and what they take: the gateway without
// any of it gets the same requests, which tells how many instructions there are in a microsecond of its time in user space. The
// sum is judged by that. Then all of them take turns under load, for what instructions leave out; that is as good as the machine
// is quiet.
import { parseArgs } from "node:util";
import { countInstructions, portOfGateway, userTimeOf } from "./data-plane/counted-process.mjs";
import { buildGateway, startGateway } from "./data-plane/gateways.mjs";
import { chooseCounter } from "./data-plane/instruction-counter.mjs";
import { saturate } from "./data-plane/load.mjs";
import { startService } from "./data-plane/peers.mjs";
import { stopAll } from "./data-plane/processes.mjs";
import { difference, printSubjects, takeTurns } from "./data-plane/rounds.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
/** Microseconds. */
const goal = 1;
const request = { path: "/orders/ord_123" };

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

let isMissed = false;
for (const subject of subjects.slice(1)) {
  const added = (subject.instructions - bare.instructions) / perMicrosecond;
  const isJudged = subject.name === "with all of them";
  const isOver = isJudged && added > goal;
  isMissed ||= isOver;
  console.log(
    `  ${subject.name.padEnd(20)} ${added.toFixed(2).padStart(6)} µs by instructions, ${difference(subject, bare).toFixed(1).padStart(5)} µs of CPU under load${isJudged ? `; at most ${goal}${isOver ? "   MISSED" : ""}` : ""}`,
  );
}
await stopAll();
process.exit(isMissed ? 1 : 0);
