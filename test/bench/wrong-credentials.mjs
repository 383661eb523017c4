// What 2,000 wrong credentials a second of each kind cost those whose are right.
//
//   npm run bench wrong-credentials [-- --rounds=3 --count=4000]
//
// The latency of good requests is printed, and on a machine of a few cores it tells of sender, service and gateway together. The
// verdict is about what the gateway can do something for: how much of its event loop a wrong credential takes (processor time of
// that thread over the same good traffic alone). A request that comes upon others waits for those in front of it; where they
// take 20 % of the loop, one in a hundred waits for three of them, which is a tenth of what it takes by itself.
import { fork } from "node:child_process";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { jwtOptions, newToken } from "./data-plane/access-token.mjs";
import { buildGateway, routeGateway, startGateway } from "./data-plane/gateways.mjs";
import { message, stop, stopAll } from "./data-plane/processes.mjs";
import { key, median, scratch, writeFiles } from "./support.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, count: { type: "string", default: "4000" } },
});
const rounds = Number(values.rounds);
const count = Number(values.count);
const quietMs = 2_000;
const rate = 2_000;
/** Of the event loop, at `rate`. */
const goal = 0.2;
const goodEach = 5;

const service = createServer((_incoming, answer) => answer.end("ok"));
const issuer = createServer((incoming, answer) => {
  let body = "";
  incoming.setEncoding("latin1").on("data", (text) => (body += text));
  incoming.on("end", () => {
    const isRight = body.includes("token=right-one");
    answer.setHeader("Content-Type", "application/json");
    answer.end(JSON.stringify(isRight ? { active: true, sub: "ann", aud: "shop" } : { active: false }));
  });
});
const origins = [];
for (const server of [service, issuer]) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origins.push(`http://127.0.0.1:${server.address().port}`);
}
const salt = crypto.randomBytes(16);
const hash = crypto.scryptSync("right", salt, 32, { N: 2 ** 14, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
const unpadded = (bytes) => bytes.toString("base64").replace(/=+$/, "");
const users = join(writeFiles(scratch(), { users: `ann:$scrypt$ln=14,r=8,p=1$${unpadded(salt)}$${unpadded(hash)}\n` }), "users");
const basicOf = (password) => `Basic ${Buffer.from(`ann:${password}`).toString("base64")}`;

const kinds = {
  apiKey: {
    scheme: { apiKey: { in: "header", name: "X-Api-Key", keys: { acme: { key: { env: "ACME_KEY" } } } } },
    good: { "X-Api-Key": key },
  },
  jwt: { scheme: { jwt: jwtOptions }, good: { Authorization: `Bearer ${newToken()}` } },
  introspection: {
    scheme: {
      introspection: {
        endpoint: `${origins[1]}/introspect`,
        audience: "shop",
        cache: "10m",
        client: { id: "gateway", secret: { env: "ACME_KEY" } },
      },
    },
    good: { Authorization: "Bearer right-one" },
  },
  basic: { scheme: { basic: { users: { file: users }, cache: "10m" } }, good: { Authorization: basicOf("right") } },
};

function filesWith(scheme) {
  const { "gateway.yaml": text } = routeGateway({ origin: origins[0] });
  const demanded = text.replace('"public":"benchmark"', '"security":[{"caller":[]}]');
  return { "gateway.yaml": `${demanded}identity: ${JSON.stringify({ damping: {}, schemes: { caller: scheme } })}\n` };
}

/** Microseconds of the thread that serves, which is the first one (proc(5)). */
function loopCpu(pid) {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return Number(fields[0]) / 1_000;
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const send = (port, headers) =>
  new Promise((resolve, reject) => {
    const begun = performance.now();
    request({ port, host: "127.0.0.1", agent, headers }, (answer) => {
      answer.resume().on("end", () => resolve({ status: answer.statusCode, time: performance.now() - begun }));
    })
      .on("error", reject)
      .end();
  });

/** Good requests until something is over, 200 a second: their latency, and what the loop of the gateway took meanwhile. */
async function goodTraffic({ child, port }, headers, until) {
  const loop = async () => {
    child.send("loop");
    return (await message(child, (said) => said.loop !== undefined)).loop;
  };
  await loop();
  const cpu = loopCpu(child.pid);
  const all = [];
  let isOver = false;
  const over = until.then(() => (isOver = true));
  while (!isOver) {
    all.push(send(port, headers));
    await new Promise((resolve) => setTimeout(resolve, goodEach));
  }
  await over;
  const answers = await Promise.all(all);
  const cpuOf = loopCpu(child.pid) - cpu;
  const bad = answers.find(({ status }) => status !== 200);
  if (bad !== undefined) throw new Error(`right credentials were answered with ${bad.status}`);
  const times = answers.map(({ time }) => time).sort((a, b) => a - b);
  return { cpu: cpuOf, count: all.length, latency: times[Math.floor(times.length * 0.99)], ...(await loop()) };
}

const cell = (text, width = 11) => String(text).padStart(width);
console.log(
  `${"".padEnd(15)}${cell("µs of loop", 12)}${cell("of the loop")}${cell("loop p50 ×")}${cell("loop p99 ×")}${cell("p99 ×")}${cell("answers/s")}`,
);
let isMissed = false;
for (const [kind, { scheme, good }] of Object.entries(kinds)) {
  const out = buildGateway(filesWith(scheme));
  const nodeOptions = ["--import", new URL("data-plane/loop-probe.mjs", import.meta.url).href];
  const gateway = await startGateway(kind, out, { nodeOptions });
  const { status } = await send(gateway.port, good);
  if (status !== 200) throw new Error(`${kind}: a right credential was answered with ${status}`);
  const sender = fork(new URL("data-plane/wrong-sender.mjs", import.meta.url), [
    JSON.stringify({ port: gateway.port, rate, token: newToken() }),
  ]);
  for (const what of ["none", kind]) {
    const figures = { micro: [], share: [], p50: [], p99: [], latency: [], sent: [] };
    for (let round = 0; round < rounds; round++) {
      const quiet = await goodTraffic(gateway, good, new Promise((resolve) => setTimeout(resolve, quietMs)));
      const answered = message(sender);
      sender.send({ kind: what, count });
      const beside = await goodTraffic(gateway, good, answered);
      const { took } = await answered;
      const micro = (beside.cpu - (quiet.cpu / quiet.count) * beside.count) / count;
      figures.micro.push(micro);
      figures.share.push((micro * rate) / 1e6);
      figures.p50.push(beside.p50 / quiet.p50);
      figures.p99.push(beside.p99 / quiet.p99);
      figures.latency.push(beside.latency / quiet.latency);
      figures.sent.push((count / took) * 1_000);
    }
    const share = median(figures.share);
    const isOver = what !== "none" && share > goal;
    isMissed ||= isOver;
    const name = what === "none" ? "  without any" : kind;
    console.log(
      `${name.padEnd(15)}${cell(median(figures.micro).toFixed(1), 12)}${cell(`${(share * 100).toFixed(1)} %`)}${cell(median(figures.p50).toFixed(2))}${cell(median(figures.p99).toFixed(2))}${cell(median(figures.latency).toFixed(2))}${cell(median(figures.sent).toFixed(0))}${isOver ? `   MISSED, at most ${goal * 100} %` : ""}`,
    );
  }
  sender.kill();
  await stop(gateway.child);
}
service.close();
issuer.close();
await stopAll();
process.exit(isMissed ? 1 : 0);
