import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttp2, createSecureServer as createSecureHttp2 } from "node:http2";
import { createServer as createSecure } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { createListedProtocols } from "../../runtime/upstream/discovery/listed-protocols.ts";
import { MemberReader } from "../../runtime/upstream/discovery/member.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { sendRequest } from "../harness/http-client.ts";
import { Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const waiting = { timeout: 20_000, interval: 50 };

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Each answers with the version that it was asked over, and knows no other. */
const told = (request: { readonly httpVersion: string }, response: { end(text: string): void }): void =>
  response.end(request.httpVersion);

const gatewayYaml = (service: string, policies = ""): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
routes: { orders: { match: { path: "/**" }, service: orders, policies: { public: sample${policies} } } }
services:
  orders: ${service}
`;

async function started(service: string, files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder({ "gateway.yaml": gatewayYaml(service), ...files });
  const built = await buildForTest(join(folder, "gateway.yaml"));
  expect(built.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  const program = new Program(join(built.out, "gateway.mjs"), [], { cwd: folder });
  onTestFinished(async () => {
    await program.stop("SIGKILL");
    built.dispose();
  });
  const [, port] = await program.until(/listens on http:\/\/\S+:(\d+), admin/, "stderr");
  const ask = async (): Promise<string> => {
    const { status, body } = await sendRequest(Number(port), {
      method: "GET",
      target: "/",
      headers: [["Host", "shop"]],
      body: "",
    });
    return status === 200 ? body : String(status);
  };
  return {
    program,
    list: (entries: readonly unknown[]): void => {
      writeFileSync(join(folder, "next"), JSON.stringify(entries));
      renameSync(join(folder, "next"), join(folder, "orders.json"));
    },
    versions: async (): Promise<string[]> => {
      const found = new Set<string>();
      for (let count = 0; count < 16; count++) found.add(await ask());
      return [...found].sort();
    },
  };
}

it("each endpoint is asked, and checked, over the version of HTTP that is listed for it, and over another one when that changes", async () => {
  const [one, two] = [await listening(createServer(told)), await listening(createHttp2(told))];
  const health = "health: { active: { path: /, interval: 100ms, unhealthy: 1 }, panic: { then: refuse } }";
  const service = `{ discover: { file: { path: orders.json }, protocol: listed, confirm: 0s }, ${health}, loadBalancer: { algorithm: roundRobin } }`;
  const { program, list, versions } = await started(service, {
    "orders.json": JSON.stringify([one, { address: two, protocol: "h2c" }, { address: "127.0.0.1:9", protocol: "amqp" }]),
  });
  await vi.waitFor(async () => expect(await versions()).toEqual(["1.1", "2.0"]), waiting);
  expect(program.output).toContain("its `protocol` is none of HTTP: `http1` and `http2` are");
  // The same addresses, as Prometheus lists them, and with what each of them does not speak: none is left.
  list([
    { targets: [one], labels: { protocol: "http2" } },
    { targets: [two], labels: { protocol: "http1" } },
  ]);
  await vi.waitFor(async () => expect(await versions()).toEqual(["503"]), waiting);
  list([
    { address: one, metadata: { protocol: "HTTP/1.1" } },
    { address: two, metadata: { protocol: "grpc" } },
  ]);
  await vi.waitFor(async () => expect(await versions()).toEqual(["1.1", "2.0"]), waiting);
});

it("over TLS, each endpoint is asked for the one that is listed (ALPN), and what says that it has no TLS is skipped", async () => {
  const authority = await makeAuthority();
  const { certificate: cert, key } = authority.issue("orders", ["IP:127.0.0.1"]);
  const one = await listening(createSecure({ cert, key, ALPNProtocols: ["http/1.1"] }, told));
  const two = await listening(createSecureHttp2({ cert, key, allowHTTP1: false }, told));
  const service = `{ protocol: http2, discover: { file: { path: orders.json }, scheme: https, protocol: listed }, tls: { ca: { file: ca.pem } }, loadBalancer: { algorithm: roundRobin } }`;
  const { program, versions } = await started(service, {
    "ca.pem": authority.certificate,
    // Where nothing is listed, the service says it.
    "orders.json": JSON.stringify([
      { address: one, protocol: "https" },
      two,
      { address: "127.0.0.1:9", protocol: "kubernetes.io/h2c" },
    ]),
  });
  await vi.waitFor(async () => expect(await versions()).toEqual(["1.1", "2.0"]), waiting);
  expect(program.output).toContain("is one of http, and the configuration says `scheme: https`");
});

it("a bundle without `listed` has nothing of it, and none of HTTP/2 where the service has not", async () => {
  const codeOf = async (service: string): Promise<string> => {
    const folder = temporaryFolder({ "gateway.yaml": gatewayYaml(service) });
    const built = await buildForTest(join(folder, "gateway.yaml"));
    onTestFinished(built.dispose);
    return readFileSync(join(built.out, "gateway.mjs"), "utf8");
  };
  const has = (code: string) => [code.includes("none of HTTP"), code.includes("node:http2")];
  expect(has(await codeOf("{ discover: { file: { path: a.json } } }"))).toEqual([false, false]);
  expect(has(await codeOf("{ discover: { file: { path: a.json }, protocol: listed } }"))).toEqual([true, true]);
});

it.each([
  ["{ discover: { file: { path: a.json }, protocol: listed } }", "", []],
  ["{ discover: { srv: { name: a.b }, protocol: listed } }", "", ["service/protocol-not-listed"]],
  ["{ discover: { dns: { name: a.b }, port: 80, protocol: listed } }", "", ["service/protocol-not-listed"]],
  ["{ protocol: grpc, discover: { file: { path: a.json }, protocol: listed } }", "", ["service/protocol-not-listed"]],
  ["{ discover: { file: { path: a.json }, protocol: listed }, connections: { streams: 10 } }", "", []],
  ["{ discover: { file: { path: a.json }, protocol: listed } }", ", upgrade: {}", ["upgrade/over-http2"]],
])("the build, of %s%s: %j", async (service, policies, codes) => {
  const folder = temporaryFolder({ "gateway.yaml": gatewayYaml(service, policies) });
  expect((await checkGateway(join(folder, "gateway.yaml"))).diagnostics.map(({ code }) => code)).toEqual(codes);
});

const reading = (scheme: "http" | "https") =>
  new MemberReader({ scheme, path: "", protocols: createListedProtocols({ otherwise: "http/1.1", scheme }) });

it.each([
  ["http", "HTTP2", "h2"],
  ["http", "", "http/1.1"],
  ["http", undefined, "http/1.1"],
  ["http", null, "http/1.1"],
  ["http", "kubernetes.io/ws", "http/1.1"],
  ["https", "grpcs", "h2"],
  ["https", "h2", "h2"],
] as const)("over %s, `%s` is %s", (scheme, protocol, version) => {
  expect(reading(scheme).read({ address: "10.0.0.1:8080", protocol }).place.protocol).toBe(version);
});

it.each([
  ["http", "https"],
  ["http", "tcp"],
  ["http", 2],
  ["http", { h2: true }],
  ["https", "h2c"],
] as const)("over %s, an entry with `%s` is of no use", (scheme, protocol) => {
  expect(() => reading(scheme).read({ address: "10.0.0.1:8080", protocol })).toThrow(/`protocol`/);
});

it("entries that say all the same but the protocol have places of their own", () => {
  const reader = reading("http");
  const place = (protocol: string) => reader.read({ address: "10.0.0.1:8080", protocol }).place;
  expect([place("h2"), place("http1"), place("grpc")].map(({ protocol }) => protocol)).toEqual(["h2", "http/1.1", "h2"]);
  expect(place("h2")).toBe(place("grpc"));
});
