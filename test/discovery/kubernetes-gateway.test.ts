import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { makeAuthority } from "../harness/certificates.ts";
import { sendRequest } from "../harness/http-client.ts";
import { KubeApiServer, kubeSlice } from "../harness/kube-api-server.ts";
import { compiler, Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { repository } from "../harness/sample.ts";

const waiting = { timeout: 20_000, interval: 20 };

const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
const token = join(folder, "token");
const server = new KubeApiServer();
let gateway: { readonly program: Program; readonly port: number; readonly adminPort: number };
const disposing: (() => void)[] = [];

const write = (text: string): void => {
  writeFileSync(`${token}.new`, text);
  renameSync(`${token}.new`, token);
};

const gatewayFile = (discover: string): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
routes:
  orders: { match: { path: "/orders/**" }, service: orders, policies: { public: sample, metrics: {} } }
services:
  orders: { discover: { kubernetes: ${discover} }, required: true }
`;

async function built(name: string, discover: string): Promise<string> {
  const entry = join(folder, name);
  writeFileSync(entry, gatewayFile(discover));
  const { diagnostics, dispose, out } = await buildForTest(entry);
  disposing.push(dispose);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return join(out, "gateway.mjs");
}

beforeAll(async () => {
  const authority = await makeAuthority();
  const { certificate, key } = authority.issue("kubernetes", ["IP:127.0.0.1"]);
  const address = await server.listen({ key, cert: certificate });
  writeFileSync(join(folder, "ca.pem"), authority.certificate);
  server.token = "first";
  write("first\n");
  const bundle = await built(
    "gateway.yaml",
    `{ address: "${address}", namespace: shop, service: orders, port: http, ca: { file: ca.pem }, token: { file: ${token} } }`,
  );
  const program = new Program(bundle, ["--workers", "2"], { cwd: folder });
  const listens = /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+), 2 workers/;
  const [, port, admin] = await program.until(listens, "stderr");
  gateway = { program, port: Number(port), adminPort: Number(admin) };
});

afterAll(async () => {
  await gateway?.program.stop("SIGKILL");
  for (const dispose of disposing) dispose();
  rmSync(folder, { recursive: true });
  server.close();
});

const admin = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${gateway.adminPort}${path}`)).text();

async function ask(): Promise<string> {
  const answer = await sendRequest(gateway.port, { method: "GET", target: "/orders/1", headers: [["Host", "shop"], ["Connection", "close"]], body: "" }); // biome-ignore format: one line
  return answer.status === 200 ? answer.body : String(answer.status);
}

/** A pod that says who it is, with the port of its slice. */
async function pod(name: string) {
  const origin = createServer((_, response) => void response.end(name));
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void origin.close().closeAllConnections());
  const ports = [{ name: "http", protocol: "TCP", port: (origin.address() as AddressInfo).port }];
  return kubeSlice(`orders-${name}`, [{ addresses: ["127.0.0.1"], conditions: { ready: true } }], { ports });
}

it("pods get requests as soon as their slice is there, and none when it is gone", async () => {
  const [a, b] = [await pod("a"), await pod("b")];
  server.put(a);
  await vi.waitFor(async () => expect(await ask()).toBe("a"), waiting);
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  server.put(b);
  server.remove("orders-a");
  await vi.waitFor(async () => expect(await ask()).toBe("b"), waiting);
  expect(await ask()).toBe("b");
  const metrics = await admin("/metrics");
  expect(metrics).toMatch(/^gatewright_discovery_endpoints\{service="orders"\} 1$/m);
  expect(metrics).toMatch(/^gatewright_discovery_age_seconds\{service="orders"\} \d/m);
  // One process watches for both workers.
  expect(server.watching).toBe(1);
});

it("the token is read again when it was replaced; until then endpoints stay, and it is said what is wrong", async () => {
  const c = await pod("c");
  server.put(c);
  server.remove("orders-b");
  await vi.waitFor(async () => expect(await ask()).toBe("c"), waiting);
  server.token = "second";
  server.endWatches();
  await vi.waitFor(async () => expect(await admin("/status")).toContain("does not know the token (401)"), waiting);
  expect(await ask()).toBe("c");
  write("second\n");
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  expect(server.credentials.at(-1)).toBe("Bearer second");
  await vi.waitFor(async () => expect(await admin("/status")).not.toContain("401"), waiting);
});

it("inside a cluster everything but the service is that of the pod, and a start outside says what is missing", async () => {
  const bundle = await built("inside.yaml", "{ service: orders }");
  const outside = await new Program(bundle, [], { cwd: folder }).ended;
  expect(outside.code).not.toBe(0);
  expect(outside.stderr).toContain("KUBERNETES_SERVICE_HOST");
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
  const { stderr } = await new Program(bundle, [], { cwd: folder, env }).ended;
  for (const file of ["token", "ca.crt", "namespace"])
    expect(stderr).toContain(`/var/run/secrets/kubernetes.io/serviceaccount/${file}`);
  const { stdout } = await new Program(compiler, ["explain", "GET /orders/1", "inside.yaml"], { cwd: folder }).ended;
  expect(stdout).toContain("Kubernetes, the namespace of its own pod, service orders");
});

it("the role of the page allows what the gateway asks for, and no more", () => {
  const page = readFileSync(join(repository, "compiler/resources/services/service/README.md"), "utf8");
  const [, manifest = ""] = /```yaml\n(apiVersion: rbac.*?)```/s.exec(page) ?? [];
  const [role, binding] = parseAllDocuments(manifest).map((document) => document.toJS() as Record<string, object>);
  const [, group, , namespace, resource] = /\/apis\/([^/]+)\/(v1)\/namespaces\/([^/]+)\/([^/]+)$/.exec(
    server.asked[0]!.pathname,
  )!;
  const verbs = new Set(server.asked.map(({ searchParams }) => (searchParams.has("watch") ? "watch" : "list")));
  expect(role).toMatchObject({
    metadata: { namespace },
    rules: [{ apiGroups: [group], resources: [resource], verbs: [...verbs].sort() }],
  });
  expect(binding).toMatchObject({ kind: "RoleBinding", roleRef: { kind: "Role", name: "gateway-discovery" } });
});
