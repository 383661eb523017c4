// CPU per request of the client side alone, HTTP/1.1 over TLS to nginx: ours against undici's dispatcher with a raw handler,
// both on 64 kept connections, in rounds that take turns. The ratio is ours to undici's.

import { execFileSync, fork, spawn } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, requireProgram, root, scratch, writeFiles } from "./support.mjs";

const connections = 64;
const self = fileURLToPath(import.meta.url);

if (process.argv[2] === "client") await client(...process.argv.slice(3));
else await compare();

/** Sends as many requests as it is told, on all connections at once, and tells the CPU time that they took. */
async function client(kind, url, caFile) {
  const ca = caFile === "" ? undefined : readFileSync(caFile, "utf8");
  const send = kind === "ours" ? await ours(url, ca) : await viaUndici(url, ca);
  const round = (count, path, expected) =>
    new Promise((resolve, reject) => {
      let begun = 0;
      let ended = 0;
      const next = (bytes) => {
        if (bytes !== undefined && bytes !== expected) reject(new Error(`an answer had ${bytes} bytes`));
        if (bytes !== undefined && ++ended === count) return resolve();
        if (begun < count) {
          begun++;
          send(path, next, reject);
        }
      };
      for (let index = 0; index < connections; index++) next();
    });
  process.on("message", async ({ count, path, expected }) => {
    const before = process.cpuUsage();
    await round(count, path, expected);
    const { user, system } = process.cpuUsage(before);
    process.send((user + system) / count);
  });
}

async function ours(url, ca) {
  const { createService } = await import("../../dist/runtime/upstream/service.js");
  const { createTls } = await import("../../dist/runtime/upstream/tls.js");
  const service = createService({
    name: "bench",
    endpoints: [{ url, weight: 1 }],
    loadBalancer: { algorithm: "roundRobin" },
    timeout: { connect: 2000, response: 30_000 },
    connections: { max: connections, pending: 1000, idle: 60_000, streams: 1 },
    required: false,
    ...(ca === undefined
      ? {}
      : { tls: createTls({ service: "bench", ca: { pem: ca, from: "ca.pem" }, serverName: "localhost", protocol: "http/1.1" }) }),
  });
  const { pool, authority } = service.endpoints[0];
  return (path, done, failed) => {
    let bytes = 0;
    const sink = {
      answerHead() {},
      answerPiece: (piece) => (bytes += piece.length),
      answerBatch() {},
      // The connection is back in the pool by then.
      answerEnd: () => done(bytes),
      answerFailed: failed,
      requestDrained() {},
    };
    pool.acquire({
      connected(carrier) {
        carrier.begin(sink, `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nAccept: */*\r\n\r\n`, {
          isHead: false,
          isUpgrade: false,
          isChunked: false,
        });
        carrier.sendEnd("");
      },
      failed,
    });
  };
}

async function viaUndici(url, ca) {
  const { Pool } = await import("undici");
  const pool = new Pool(url, { connections, pipelining: 1, connect: { ca, servername: "localhost" } });
  return (path, done, failed) => {
    let bytes = 0;
    // The older handlers, which are undici's cheapest: nothing is made for the answer.
    const handler = {
      onConnect() {},
      onHeaders: () => true,
      onData(chunk) {
        bytes += chunk.length;
        return true;
      },
      onComplete: () => done(bytes),
      onError: failed,
    };
    pool.dispatch({ path, method: "GET", headers: ["Accept", "*/*"] }, handler);
  };
}

async function compare() {
  requireProgram("nginx", "nginx-light");
  requireProgram("openssl", "openssl");
  const folder = scratch();
  // Workers of nginx have another user.
  chmodSync(folder, 0o755);
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-out",
    "server.pem",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost",
  );
  const [secure, clear] = [await freePort(), await freePort()];
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  writeFiles(folder, {
    "html/small": JSON.stringify({ items: "x".repeat(172) }),
    "html/large": "x".repeat(65_536),
    "nginx.conf": `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; ${temporary.join(" ")} keepalive_requests 100000000; root ${folder}/html;
  server { listen 127.0.0.1:${secure} ssl; ssl_certificate ${folder}/server.pem; ssl_certificate_key ${folder}/server.key; }
  server { listen 127.0.0.1:${clear}; }
}`,
  });
  const nginx = spawn("nginx", ["-c", join(folder, "nginx.conf"), "-p", folder], { stdio: "inherit" });
  process.on("exit", () => nginx.kill("SIGKILL"));
  const clients = {};
  for (const [scheme, port] of [
    ["https", secure],
    ["http", clear],
  ]) {
    for (const kind of ["ours", "undici"]) {
      const args = ["client", kind, `${scheme}://127.0.0.1:${port}`, scheme === "https" ? join(folder, "server.pem") : ""];
      const child = fork(self, args, { cwd: root });
      child.once("exit", (code) => {
        console.error(`${kind} ended with ${code}`);
        process.exit(1);
      });
      clients[`${kind} ${scheme}`] = child;
    }
  }
  process.on("exit", () => {
    for (const child of Object.values(clients)) child.kill();
  });
  const run = (name, count, path, expected) =>
    new Promise((resolve) => {
      clients[name].once("message", resolve);
      clients[name].send({ count, path, expected });
    });
  console.log("CPU µs per request of the client  ours  undici  ratio");
  for (const [path, count, expected] of [
    ["/small", 20_000, 184],
    ["/large", 2_000, 65_536],
  ]) {
    for (const scheme of ["https", "http"]) {
      const runs = { ours: [], undici: [] };
      for (const kind of ["ours", "undici"]) await run(`${kind} ${scheme}`, count, path, expected);
      for (let round = 0; round < 5; round++)
        for (const kind of ["ours", "undici"]) runs[kind].push(await run(`${kind} ${scheme}`, count, path, expected));
      const [own, other] = [median(runs.ours), median(runs.undici)];
      console.log(
        `${`${scheme}, ${path.slice(1)} answers`.padEnd(32)} ${own.toFixed(1).padStart(5)} ${other.toFixed(1).padStart(7)}  ${(own / other).toFixed(2)}`,
      );
    }
  }
  process.exit(0);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
