import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { component } from "../harness/component.ts";
import { startDnsServer } from "../harness/dns-server.ts";
import { freePort } from "../harness/free-port.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";

const config = (folder: string, secure: number, clear: number): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${secure} ssl http2;
    server_name orders.internal;
    ssl_certificate ${folder}/server.pem;
    ssl_certificate_key ${folder}/server.key;
    ssl_client_certificate ${folder}/ca.pem;
    ssl_verify_client on;
    location / { return 200 "$server_protocol $ssl_client_s_dn $ssl_server_name $request_method $request_uri $ssl_session_reused"; }
  }
  server {
    listen 127.0.0.1:${clear} http2;
    location / { return 200 "$server_protocol $host $request_uri"; }
  }
}
`;

async function nginx(folder: string, ports: readonly number[]): Promise<ChildProcess> {
  const child = spawn(await component("nginx"), ["-c", join(folder, "nginx.conf"), "-p", folder], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { connect } = await import("node:net");
  for (const port of ports)
    await vi.waitFor(
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => {
            socket.destroy();
            resolve();
          });
          socket.on("error", reject);
        }),
      { timeout: 20_000 },
    );
  return child;
}

const gatewayFile = (services: string): string => `gateway: upstream
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" }, admin: { port: "\${env:ADMIN_PORT}" } }
routes:
  h1: { match: { path: "/h1/**" }, service: h1, policies: { public: test } }
  h2: { match: { path: "/h2/**" }, service: h2, policies: { public: test } }
  h2c: { match: { path: "/h2c/**" }, service: h2c, policies: { public: test } }
  anonymous: { match: { path: "/anonymous/**" }, service: anonymous, policies: { public: test } }
services:
${services}
`;

test("a built gateway asks nginx over TLS with a client certificate, by names of its own resolver, in both versions of HTTP", async () => {
  const authority = await makeAuthority();
  const server = authority.issue("orders", ["DNS:orders.internal"]);
  const client = authority.issue("gateway");
  const [secure, clear] = [await freePort(), await freePort()];
  const folder = temporaryFolder({
    "ca.pem": authority.certificate,
    "server.pem": server.certificate,
    "server.key": server.key,
    "client.pem": client.certificate,
  });
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(folder, "nginx.conf"), config(folder, secure, clear));
  await nginx(folder, [secure, clear]);
  const dns = await startDnsServer({ "orders.internal": { a: ["127.0.0.1"], ttl: 60 } });
  onTestFinished(() => dns.close());

  const resolver = 'resolver: { servers: ["${env:DNS_SERVER}"] }';
  const tls = "tls: { ca: { file: ca.pem }, certificate: { file: client.pem }, key: { env: CLIENT_KEY } }";
  const out = await built({
    "gateway.yaml": gatewayFile(`
  h1: { endpoints: ["https://orders.internal:${secure}"], ${resolver}, ${tls}, connections: { max: 4 } }
  h2: { endpoints: ["https://orders.internal:${secure}"], ${resolver}, ${tls}, protocol: http2 }
  h2c: { endpoints: ["http://orders.internal:${clear}"], ${resolver}, protocol: http2 }
  anonymous: { endpoints: ["https://127.0.0.1:${secure}"], tls: { ca: { file: ca.pem }, serverName: orders.internal } }
`),
  });
  const environment = { DNS_SERVER: dns.address, CLIENT_KEY: client.key };
  const gateway = await running(out, "", environment, { cwd: folder });
  const body = async (path: string): Promise<string> => (await exchange(gateway.port, get(path))).body;
  expect(await body("/h1/a?b=1")).toBe("HTTP/1.1 CN=gateway orders.internal GET /h1/a?b=1 .");
  expect(await body("/h2/a?b=1")).toBe("HTTP/2.0 CN=gateway orders.internal GET /h2/a?b=1 .");
  expect(await body("/h2c/a")).toBe("HTTP/2.0 orders.internal /h2c/a");
  // nginx answers a client without certificate itself.
  expect((await exchange(gateway.port, get("/anonymous/a"))).status).toBe(400);
});

test("a gateway whose key cannot be used does not start, and says which one", async () => {
  const authority = await makeAuthority();
  const [one, other] = [authority.issue("one"), authority.issue("other")];
  const folder = temporaryFolder({ "client.pem": one.certificate, "client.key": other.key });
  const tls = "tls: { certificate: { file: client.pem }, key: { file: client.key } }";
  const out = await built({
    "gateway.yaml": `gateway: upstream
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
routes: { all: { match: { path: "/**" }, service: orders, policies: { public: test } } }
services: { orders: { endpoints: ["https://127.0.0.1:9"], ${tls} } }
`,
  });
  const start = running(out, "", {}, { cwd: folder });
  await expect(start).rejects.toThrow(
    /exited with 78:[^]*service orders: gateway.yaml:5\S* file client.key cannot be used for TLS: key values mismatch/,
  );
});
