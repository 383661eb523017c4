// What looking up a revocation costs, and what wrong credentials cost those whose are right. Both sides of each ratio are
// measured in one run, in turns.
//
//   npm run -s build && node test/bench/credentials.mjs
import { spawn } from "node:child_process";
import { Agent, createServer, request } from "node:http";
import { join } from "node:path";
import { buildGateway } from "../../dist/compiler/index.js";
import { RevocationSet } from "../../dist/runtime/identity/revocation/revocation-set.js";
import { scratch, writeFiles } from "./support.mjs";

const row = (what, value, goal = "") => console.log(`${what.padEnd(66)} ${value.padStart(14)}   ${goal}`);

/** µs of CPU for one call; the best of several rounds, as others use the machine too. */
function cpuOf(count, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const set = new RevocationSet();
for (let index = 0; index < 100_000; index++) {
  const kind = ["key", "jti", "sid", "sub", "serial"][index % 5];
  set.put({ kind, value: `${kind}-${index}` });
}
const identities = Array.from({ length: 1000 }, (_, index) => ({
  subject: `user-${index}`,
  scheme: "bearerAuth",
  issuer: "https://id.example",
  roles: [],
  scopes: [],
  marks: { jti: `token-${index}`, sid: `session-${index}`, issuedAt: 1 },
}));
const now = () => Date.now();
let found = 0;
const cost = cpuOf(2_000_000, (index) => {
  if (set.names(identities[index % 1000], now)) found++;
});
row("a look at 100,000 revocations: subject, token and session", `${cost.toFixed(3)} µs`, "≤ 0.2 µs");
if (found > 0) throw new Error("nobody here is revoked");

// A gateway and a service in processes of their own.
const service = createServer((_incoming, answer) => answer.end("ok"));
await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
const folder = writeFiles(scratch(), {
  "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services: { backend: { endpoints: ["http://127.0.0.1:${service.address().port}"] } }
identity:
  damping: {}
  schemes: { key: { apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY } } } } } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { security: [{ key: [] }] } } }
`,
});
const out = join(folder, "out");
const { diagnostics } = await buildGateway(join(folder, "gateway.yaml"), out);
if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
const key = "a-key-for-the-benchmark";
const gateway = spawn(process.execPath, [join(out, "gateway.mjs")], {
  env: { ...process.env, ACME_KEY: key },
  stdio: ["ignore", "ignore", "pipe"],
});
process.on("exit", () => gateway.kill());
const port = await new Promise((resolve, reject) => {
  gateway.stderr.on("data", (text) => {
    const [, found] = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(String(text)) ?? [];
    if (found !== undefined) resolve(Number(found));
  });
  gateway.on("exit", (code) => reject(new Error(`the gateway ended with ${code}`)));
});

/** Sends 2,000 wrong keys a second, or requests without one, while it is told to, and says what came. */
const attacker = spawn(
  process.execPath,
  [
    "-e",
    `const { Agent, request } = require("node:http");
const agent = new Agent({ keepAlive: true, maxSockets: 2500 });
let on = "off"; const seen = {};
process.on("message", (message) => { on = message; if (message === "end") { process.send(seen); process.disconnect(); process.exit(); } });
setInterval(() => { if (on === "off") return; for (let i = 0; i < 20; i++) {
  const one = request({ port: ${port}, host: "127.0.0.1", agent, headers: on === "wrong" ? { "X-Api-Key": "wrong-" + Math.random() } : {} }, (answer) => { seen[answer.statusCode] = (seen[answer.statusCode] ?? 0) + 1; answer.resume(); });
  one.on("error", () => { seen.error = (seen.error ?? 0) + 1; }); one.end(); } }, 10);`,
  ],
  { stdio: ["ignore", "inherit", "inherit", "ipc"] },
);

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const good = () =>
  new Promise((resolve, reject) => {
    const begun = performance.now();
    const one = request({ port, host: "127.0.0.1", agent, headers: { "X-Api-Key": key } }, (answer) => {
      answer.resume().on("end", () => resolve([answer.statusCode, performance.now() - begun]));
    });
    one.on("error", reject).end();
  });

/** Milliseconds of each request of about two seconds, 200 a second. */
async function times() {
  const all = [];
  for (let round = 0; round < 400; round++) {
    all.push(good());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const answers = await Promise.all(all);
  if (answers.some(([status]) => status !== 200)) throw new Error("right credentials did not pass");
  return answers.map(([, time]) => time).sort((a, b) => a - b);
}
const p = (sorted, part) => sorted[Math.floor(sorted.length * part)];
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

await times();
// Requests without credentials are refused and not damped: what sending and refusing alone costs on this machine.
const rounds = { quiet: [], absent: [], wrong: [] };
for (let round = 0; round < 7; round++) {
  rounds.quiet.push(await times());
  for (const kind of ["absent", "wrong"]) {
    attacker.send(kind);
    // Past the first failures, so that it is slowed.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    rounds[kind].push(await times());
    attacker.send("off");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
}
const seen = await new Promise((resolve) => {
  attacker.on("message", resolve);
  attacker.send("end");
});
for (const part of [0.5, 0.99]) {
  const [quiet, absent, wrong] = ["quiet", "absent", "wrong"].map((name) =>
    median(rounds[name].map((sorted) => p(sorted, part))),
  );
  const ratios = `${(wrong / quiet).toFixed(2)} × of ${quiet.toFixed(2)} ms alone, goal ≤ 1.1; ${(wrong / absent).toFixed(2)} × of ${absent.toFixed(2)} ms beside 2,000 without any`;
  row(`p${part * 100} of right credentials, beside 2,000 wrong ones a second`, `${wrong.toFixed(2)} ms`, ratios);
}
row("answers to those", JSON.stringify(seen));
gateway.kill();
service.close();
process.exit();
