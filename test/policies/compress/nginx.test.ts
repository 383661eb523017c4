import { spawn } from "node:child_process";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { built, running } from "../../faults/gateway.ts";
import { component } from "../../harness/component.ts";
import { freePort } from "../../harness/free-port.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const config = (port: number, upstream: string): string => `
daemon off;
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  gzip on; gzip_vary on; gzip_proxied any; gzip_types application/json; gzip_min_length 100; gzip_http_version 1.0;
  server { listen 127.0.0.1:${port}; location / { proxy_http_version 1.1; proxy_pass ${upstream}; } }
}
`;

const gateway = `gateway: peer
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  all:
    match: { path: "/**" }
    service: backend
    policies: { public: sample, compress: { codings: [gzip], types: [application/json], minSize: 100B } }
`;

const compared = ["content-encoding", "vary", "etag", "accept-ranges", "content-type"] as const;

const fieldsOf = (port: number, fields: Readonly<Record<string, string>>): Promise<readonly unknown[]> =>
  new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path: "/", headers: fields }, (incoming) => {
      incoming.resume();
      incoming.on("end", () => resolve([incoming.statusCode, ...compared.map((name) => incoming.headers[name])]));
    })
      .on("error", reject)
      .end();
  });

// Where nginx does otherwise it is with a reason of ours: `*` and `no-transform`, which it does not know, HEAD, which it answers
// without the coding, codings beside gzip, and `Vary` on what is too short, which a client without `identity` gets compressed, and on
// what a service has compressed that does not say it.
const rows: readonly (readonly [
  name: string,
  request: Readonly<Record<string, string>>,
  answer: Readonly<Record<string, string>>,
])[] = [
  ["no Accept-Encoding", {}, { etag: '"a"' }],
  ["gzip", { "accept-encoding": "gzip" }, { etag: '"a"', "accept-ranges": "bytes" }],
  ["a weak tag", { "accept-encoding": "deflate, gzip" }, { etag: 'W/"a"' }],
  ["a weight", { "accept-encoding": "br, gzip;q=0.5" }, {}],
  ["a weight of nothing", { "accept-encoding": "gzip;q=0" }, { etag: '"a"' }],
  ["nothing that is known", { "accept-encoding": "br" }, {}],
  ["a coding of the service", { "accept-encoding": "gzip" }, { "content-encoding": "br", vary: "Accept-Encoding", etag: '"a"' }],
  ["another type", { "accept-encoding": "gzip" }, { "content-type": "image/png", etag: '"a"' }],
  ["a type with a charset", { "accept-encoding": "gzip" }, { "content-type": "application/json; charset=utf-8" }],
  ["a length that is not told", { "accept-encoding": "gzip" }, { "x-length": "none", etag: '"a"' }],
];

test("fields are those of nginx, answer by answer", async () => {
  let next: Readonly<Record<string, string>> = {};
  const service = createServer((_incoming, response) => {
    const { "x-length": length, ...headers } = next;
    const body = Buffer.alloc(1_000, "1");
    const framing = length === "none" ? {} : { "content-length": body.length };
    response.writeHead(200, { "content-type": "application/json", ...framing, ...headers }).end(body);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    service.closeAllConnections();
    service.close();
  });
  const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const port = await freePort();
  const folder = temporaryFolder({ "nginx.conf": config(port, upstream) });
  const nginx = spawn(await component("nginx"), ["-c", `${folder}/nginx.conf`, "-p", folder], { stdio: "ignore" });
  onTestFinished(() => void nginx.kill("SIGKILL"));
  const ours = await running(await built({ "gateway.yaml": gateway }), upstream);
  await vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => resolve(void socket.destroy()));
        socket.on("error", reject);
      }),
    { timeout: 20_000 },
  );
  for (const [name, fields, answer] of rows) {
    next = answer;
    const [theirs, own] = [await fieldsOf(port, fields), await fieldsOf(ours.port, fields)];
    expect(own, name).toEqual(theirs);
  }
});
