import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type ConfigIr, make } from "../../../compiler/ir/config.ts";
import type { GatewayIr } from "../../../compiler/ir/gateway.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";
import { bundle } from "../../../compiler/phases/6-bundle/index.ts";
import type { Manifest } from "../../../compiler/phases/6-bundle/manifest.ts";
import type { NamesConfig } from "../../../runtime/upstream/names.ts";
import { type Received, sendRequest } from "../../harness/http-client.ts";
import { Program } from "../../harness/program.ts";
import { type RecordingUpstream, startUpstream } from "../../harness/recording-upstream.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { at, gatewayIr, operation, service } from "../emit/sample-ir.ts";
import { rateLimit, respond, sampleGateway, securityHeaders } from "./sample-gateway.ts";

let upstream: RecordingUpstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(async () => {
  await upstream.close();
});

const key = "0123456789abcdef0123";

/** Phases 4 to 6 into a folder of its own. */
async function build(ir: GatewayIr, documents = new Map<string, string>(), emitModules = false) {
  const out = join(temporaryFolder(), "out");
  const result = await bundle(emit(plan(ir), ir), ir, documents, out, { emitModules });
  return { out, result };
}

const program = (out: string, env: Readonly<Record<string, string>> = {}): Program =>
  new Program("--enable-source-maps", ["--disallow-code-generation-from-strings", join(out, "gateway.mjs")], { env });

async function start(out: string) {
  const running = program(out, { ORDERS_URL: upstream.url, ACME_KEY: key });
  onTestFinished(() => void running.stop("SIGKILL"));
  const [, port] = await running.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
  const send = (method: string, target: string, headers: readonly (readonly [string, string])[] = []): Promise<Received> =>
    sendRequest(Number(port), { method, target, headers, body: "" });
  return { running, send };
}

const field = ({ headers }: Received, name: string): string | undefined =>
  headers.find(([other]) => other.toLowerCase() === name)?.[1];

describe("a bundle", () => {
  it("serves what its IR says, under a ban on code from strings", async () => {
    const { out } = await build(sampleGateway());
    const { running, send } = await start(out);
    upstream.answer = { status: 201, headers: [["X-From", "orders"]], body: "made" };
    upstream.take();

    const listed = await send("GET", "/v1/orders?page=2");
    expect([listed.status, listed.body, field(listed, "x-frame-options"), field(listed, "x-from")]).toEqual([
      201,
      "made",
      "DENY",
      "orders",
    ]);
    expect(upstream.take().map(({ method, target }) => `${method} ${target}`)).toEqual(["GET /api/orders?page=2"]);

    const refused = await send("POST", "/v1/orders");
    expect([refused.status, field(refused, "www-authenticate"), field(refused, "x-frame-options")]).toEqual([
      401,
      "ApiKey",
      "DENY",
    ]);
    const withKey = [["X-Api-Key", key]] as const;
    expect((await send("POST", "/v1/orders", withKey)).status).toBe(201);
    expect((await send("POST", "/v1/orders", withKey)).status).toBe(429);
    expect(upstream.take()).toHaveLength(1);

    // Report mode: the second request is over the limit and passes.
    for (const status of [201, 201]) expect((await send("PUT", "/v1/orders/7", withKey)).status).toBe(status);
    expect((await send("GET", "/hello")).body).toBe("hello");
    const missing = await send("GET", "/nowhere", [["X-Request-Id", "mine"]]);
    expect([missing.status, field(missing, "x-request-id")]).toEqual([404, "mine"]);
    expect(field(await send("DELETE", "/v1/orders"), "allow")).toBe("GET, HEAD, POST, OPTIONS");

    expect((await running.stop()).code).toBe(0);
  });

  it("names every value that is missing, with its place, and does not start", async () => {
    const { out } = await build(sampleGateway());
    const { code, stderr } = await program(out).ended;
    expect(code).toBe(78);
    expect(stderr).toContain("gateway.yaml:22  environment variable ACME_KEY is not set");
    expect(stderr).toContain("gateway.yaml:31  environment variable ORDERS_URL is not set");
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it("ends in a message without a stack where a constant cannot be made, also when nothing is read at start", async () => {
    const plain = service("orders", "http://nowhere");
    const names = make<NamesConfig>("upstream/names", "createNames", {
      service: "orders",
      servers: ["nowhere"],
      ttl: { min: 0, max: 0 },
    });
    const orders = { ...plain, config: { ...(plain.config as object), names } };
    const ir = gatewayIr({ services: [orders], operations: [operation("GET", "/a", "a")] });
    const { code, stderr } = await program((await build(ir)).out).ended;
    expect(code).toBe(78);
    expect(stderr).toContain("service orders");
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it("names the line of the policy file when a policy fails", async () => {
    const limit = rateLimit(1);
    const broken = {
      ...limit,
      config: { ...(limit.config as object), caller: null } as ConfigIr,
      origin: at("orders/v1/policies.yaml", 16, 5),
    };
    const steps = [broken, respond("never")];
    const { out } = await build(
      gatewayIr({ operations: [operation("GET", "/a", "a", { steps, forward: { kind: "terminal", policy: "respond" } })] }),
    );
    const { running, send } = await start(out);
    expect((await send("GET", "/a")).status).toBe(500);
    const [line] = await running.until(/^\{.*"stack".*\}$/m, "stderr");
    expect((JSON.parse(line) as { stack: string }).stack).toContain("orders/v1/policies.yaml:16:5");
  });

  it("carries any text as data", async () => {
    const hostile = "*/ process.exit(9); /* ${process.exit(9)} ` \" ' \\ </script>";
    const steps = [respond(`${hostile}\n\u2028process.exit(9)`), securityHeaders(hostile)];
    const { out } = await build(
      gatewayIr({ operations: [operation("GET", "/a", hostile, { steps, forward: { kind: "terminal", policy: "respond" } })] }),
    );
    const { send } = await start(out);
    const answer = await send("GET", "/a");
    expect(answer.body).toBe(`${hostile}\n\u2028process.exit(9)`);
    expect(field(answer, "x-frame-options")).toBe(hostile);
  });

  it("holds no byte of a policy or a transport that its gateway does not use", async () => {
    const terminal = { forward: { kind: "terminal", policy: "respond" } } as const;
    const without = await build(gatewayIr({ operations: [operation("GET", "/a", "a", { steps: [respond("a")], ...terminal })] }));
    const withLimit = await build(
      gatewayIr({ operations: [operation("GET", "/a", "a", { steps: [rateLimit(1), respond("a")], ...terminal })] }),
    );
    const features = ({ result }: Awaited<ReturnType<typeof build>>): string[] => result.sizes.map(({ feature }) => feature);
    expect(features(without)).not.toContain("rateLimit");
    expect(features(without)).not.toContain("upstream");
    expect(readFileSync(join(without.out, "gateway.mjs"), "utf8")).not.toContain("too-many-requests");
    // Positive control.
    expect(features(withLimit)).toContain("rateLimit");
    expect(readFileSync(join(withLimit.out, "gateway.mjs"), "utf8")).toContain("too-many-requests");
    expect(features(await build(sampleGateway()))).toContain("upstream");
  });
});

describe("an output folder", () => {
  it("has the same bytes from two builds and no path of this machine", async () => {
    const [one, other] = [await build(sampleGateway(), undefined, true), await build(sampleGateway(), undefined, true)];
    const files = readdirSync(one.out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(8);
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      const text = readFileSync(path, "utf8");
      expect(readFileSync(path.replace(one.out, other.out), "utf8")).toBe(text);
      expect(text).not.toContain(process.cwd());
      expect(text).not.toContain(one.out);
    }
  });

  it("says in its manifest what it holds", async () => {
    const ir = sampleGateway();
    const { out } = await build(ir, new Map([["openapi/orders-v1.json", "{}\n"]]), true);
    const read = (file: string): string => readFileSync(join(out, file), "utf8");
    const manifest = JSON.parse(read("manifest.json")) as Manifest;
    const present = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(manifest.files).toEqual(present.map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1)).sort());
    expect(manifest.bundle.sha256).toBe(createHash("sha256").update(read("gateway.mjs")).digest("hex"));
    expect(manifest.sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(manifest.bundle.bytes);
    expect(manifest.operations.map(({ id, service: to, access, policies }) => [id, to, access, policies.length])).toEqual([
      ["orders.v1.listOrders", "orders", "public: test", 2],
      ["orders.v1.createOrder", "orders", "public: test", 4],
      ["orders.v1.putOrder", "orders", "public: test", 2],
      ["orders.v1.hello", null, "public: test", 2],
    ]);
    expect(JSON.parse(read("gateway.ir.json"))).toEqual(JSON.parse(JSON.stringify(ir)));
    expect(read("third-party-licences.txt")).toBe("This gateway holds no code of third parties.\n");
    expect(read("modules/operations/orders-v1.js")).toContain("createOrder");
  });

  it("holds no secret, though the gateway needs one", async () => {
    const { out } = await build(sampleGateway());
    const { running } = await start(out);
    await running.stop();
    for (const file of readdirSync(out)) expect(readFileSync(join(out, file), "utf8")).not.toContain(key);
  });
});
