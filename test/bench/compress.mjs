// Prints what gzip costs at the gateway and at nginx, at the same level, in one run: of an answer of 16 KB that is whole, and of
// one that comes in pieces. The figure is what is added to the same answer without a coding, in the best of the rounds: what others
// do on the machine only adds to it. Beside it stands the median of the rounds, each of which asks all four one after the other.
// Usage: npm run bench compress [-- --requests=8000 --rounds=7 --level=1]
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { costOf, freePort, numberOption, portIn, reachable } from "./http-load.mjs";
import { build, requireProgram, scratch, writeFiles } from "./support.mjs";

const goals = { whole: 1, streamed: 2.5 };
const requests = numberOption("requests", 8_000);
const rounds = numberOption("rounds", 7);
const level = numberOption("level", 1);

/** JSON as APIs list it. */
function listing(bytes) {
  const items = [];
  for (let length = 2, at = 0; length < bytes; at++) {
    items.push({ id: 1_000 + at * 7, name: `customer ${((at * 2_654_435_761) >>> 0).toString(36)}`, active: at % 3 === 0 });
    length += JSON.stringify(items[at]).length + 1;
  }
  return JSON.stringify(items).slice(0, bytes);
}

if (isMainThread) await main();
else serve();

function serve() {
  const body = Buffer.from(listing(16_384));
  const server = createServer((incoming, response) => {
    const isWhole = incoming.url === "/whole";
    response.writeHead(200, { "content-type": "application/json", ...(isWhole ? { "content-length": body.length } : {}) });
    if (isWhole) return void response.end(body);
    for (let at = 0; at < body.length; at += 4_096) response.write(body.subarray(at, at + 4_096));
    response.end();
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
}

async function main() {
  requireProgram("nginx", "nginx-light");
  const worker = new Worker(new URL(import.meta.url));
  const upstream = `http://127.0.0.1:${await new Promise((resolve) => worker.once("message", resolve))}`;
  const folder = scratch();
  const nginxPort = await freePort();
  writeFiles(folder, {
    "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services: { backend: { endpoints: ["${upstream}"] } }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: bench, compress: { levels: { gzip: ${level} } } } }
`,
    "nginx.conf": `daemon off; master_process off; pid nginx.pid; error_log error.log; events {}
http {
  access_log off; gzip on; gzip_comp_level ${level}; gzip_proxied any; gzip_types application/json; keepalive_requests 1000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream backend { server ${upstream.slice(7)}; keepalive 16; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${nginxPort};
    location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  });
  build(folder, `${folder}/out`);
  const gateway = spawn(process.execPath, [`${folder}/out/gateway.mjs`, "--workers", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const nginx = spawn("nginx", ["-c", `${folder}/nginx.conf`, "-p", folder], { stdio: "ignore" });
  process.on("exit", () => {
    gateway.kill("SIGKILL");
    nginx.kill("SIGKILL");
  });
  const gatewayPort = await portIn(gateway.stderr);
  const sides = { gateway: [gateway.pid, gatewayPort], nginx: [nginx.pid, nginxPort] };
  for (const [, port] of Object.values(sides)) await reachable(port);
  let isMet = true;
  for (const [kind, goal] of Object.entries(goals)) {
    const costs = { gateway: { identity: [], gzip: [] }, nginx: { identity: [], gzip: [] } };
    for (let round = 0; round < rounds; round++)
      for (const [name, [pid, port]] of Object.entries(sides))
        for (const coding of ["identity", "gzip"]) costs[name][coding].push(await costOf(pid, port, ...asked(kind, coding)));
    const [ours, theirs] = [costs.gateway, costs.nginx].map(({ identity, gzip }) => Math.min(...gzip) - Math.min(...identity));
    const ratio = ours / theirs;
    const added = ({ identity, gzip }, round) => gzip[round] - identity[round];
    const ratios = Array.from({ length: rounds }, (_, round) => added(costs.gateway, round) / added(costs.nginx, round));
    const median = ratios.sort((one, other) => one - other)[rounds >> 1];
    isMet &&= ratio <= goal;
    console.log(
      `gzip ${level} of 16 KB, ${kind.padEnd(9)} gateway ${ours.toFixed(0).padStart(4)} µs, nginx ${theirs.toFixed(0).padStart(4)} µs: ${ratio.toFixed(2)} × (goal ${goal} ×); median of ${rounds} rounds ${median.toFixed(2)} ×`,
    );
  }
  process.exit(isMet ? 0 : 1);
}

/** The request, how often it is sent, and what its answers must be. */
function asked(kind, coding) {
  return [
    `GET /${kind} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: ${coding}\r\n\r\n`,
    requests,
    (head) => {
      if (/content-encoding/i.test(head) !== (coding === "gzip")) throw new Error(`another coding was expected:\n${head}`);
    },
  ];
}
