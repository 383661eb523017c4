import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Builds a gateway that terminates TLS and speaks both versions of HTTP, runs it with the Node program given, and sends a
 * megabyte there and back over each: its sockets rest on parts of Node that are not documented.
 */
const node = resolve(process.argv[2] ?? process.execPath);
const folder = mkdtempSync(join(tmpdir(), "gatewright-smoke-"));
const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"];
execFileSync("openssl", ["req", "-x509", ...newKey, "-out", "certificate.pem", "-days", "2", ...subject], {
  cwd: folder,
  stdio: "pipe",
});
const ca = readFileSync(join(folder, "certificate.pem"), "utf8");
const content = Buffer.alloc(1_048_576, "gatewright ");

const service = createServer((incoming, answer) => {
  answer.setHeader("x-seen", `${incoming.headers["x-forwarded-proto"]}`);
  incoming.pipe(answer);
}).listen(0, "127.0.0.1");
await once(service, "listening");

writeFileSync(
  join(folder, "gateway.yaml"),
  `gateway: smoke
compatibility: 2026-12-01
listeners:
  public:
    host: 127.0.0.1
    port: 0
    tls: { certificates: [{ certificate: { file: certificate.pem }, key: { file: key.pem } }] }
routes: { all: { match: { path: "/**" }, service: echo, policies: { public: smoke test } } }
services: { echo: { endpoints: ["http://127.0.0.1:${service.address().port}"] } }
`,
);
execFileSync(process.execPath, ["dist/compiler/main.js", "build", folder, "--out", join(folder, "out")], { stdio: "pipe" });
const gateway = spawn(node, [join(folder, "out/gateway.mjs")], { cwd: folder, stdio: ["ignore", "ignore", "inherit", "ipc"] });
const ended = once(gateway, "exit");

const failures = [];
try {
  const port = await new Promise((resolve, reject) => {
    gateway.on("message", (message) => message?.gatewright === "ready" && resolve(message.port));
    ended.then(([code]) => reject(new Error(`the gateway ended with ${code}`)));
  });
  for (const [name, send] of Object.entries({ "HTTP/1.1": overHttp1, "HTTP/2": overHttp2 })) {
    for (let round = 0; round < 3; round++) {
      const { status, seen, body } = await send(port);
      const isRight = status === 200 && seen === "https" && body.equals(content);
      console.log(`${isRight ? "ok" : "FAILED"}  ${status}  ${body.length} bytes over ${name} and TLS`);
      if (!isRight) failures.push(`${name}: ${status}, ${body.length} bytes, forwarded as ${seen}`);
    }
  }
} catch (error) {
  failures.push(error.stack);
}
gateway.kill("SIGTERM");
const [code, signal] = await ended;
if (code !== 0) failures.push(`exit code ${code ?? signal} instead of 0`);
service.close();
service.closeAllConnections();
rmSync(folder, { recursive: true });
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

async function overHttp1(port) {
  const sent = request({ host: "127.0.0.1", port, servername: "localhost", ca, method: "POST", path: "/echo" });
  sent.end(content);
  const [answer] = await once(sent, "response");
  return { status: answer.statusCode, seen: answer.headers["x-seen"], body: await whole(answer) };
}

async function overHttp2(port) {
  const session = connect(`https://127.0.0.1:${port}`, { ca, servername: "localhost" });
  const stream = session.request({ ":method": "POST", ":path": "/echo" });
  stream.end(content);
  const [headers] = await once(stream, "response");
  const body = await whole(stream);
  session.close();
  return { status: headers[":status"], seen: headers["x-seen"], body };
}

async function whole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
