import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { buildGateway } from "../../compiler/index.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const committed = join(repository, "test/contract/expected/bundle-budget.json");

const gateway = (policies: string, target: string): string => `gateway: budget
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
routes: { all: { match: { path: "/**" }, ${target}, policies: { public: sample${policies} } } }
services: { backend: { endpoints: [http://127.0.0.1:9001] }${policies.includes("next") ? ", next: { endpoints: [http://127.0.0.1:9002] }" : ""} }
`;

async function sizesOf(text: string): Promise<Readonly<Record<string, number>>> {
  const folder = temporaryFolder({ "gateway.yaml": text });
  const { result, diagnostics } = await buildGateway(join(folder, "gateway.yaml"), temporaryFolder(), { allowFaults: true });
  if (result === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return Object.fromEntries(result.sizes.map(({ feature, bytes }) => [feature, bytes]));
}

/** One route each: nothing but forwarding, and with one policy more. */
const variants: Readonly<Record<string, string>> = {
  nothing: "",
  accessLog: ", accessLog: {}",
  compress: ", compress: {}",
  cors: ", cors: { origins: [https://shop.example.com] }",
  decompress: ", decompress: {}",
  errors: ", errors: { body: \"{'error': {'code': problem.slug}}\" }",
  faultInjection: ", faultInjection: { rules: [{ percentage: 5%, abort: 503 }] }",
  headers: ", headers: { response: { remove: [Server] } }",
  idempotency: ", idempotency: { anonymous: uuid }",
  ipFilter: ", ipFilter: { deny: [203.0.113.0/24] }",
  metrics: ", metrics: {}",
  rateLimit: ", rateLimit: { limit: 100/m }",
  requestId: ", requestId: {}",
  requestSize: ", requestSize: { max: 1KiB }",
  rewrite: ", rewrite: { host: preserve }",
  securityHeaders: ", securityHeaders: {}",
  split: ", split: { to: { next: 5% } }",
  tracing: ", tracing: {}",
  upgrade: ", upgrade: {}",
};

it("a gateway with one route is no larger than what is committed, feature by feature", async () => {
  const actual: Record<string, Readonly<Record<string, number>>> = {};
  for (const [name, policies] of Object.entries(variants)) actual[name] = await sizesOf(gateway(policies, "service: backend"));
  const budget = {
    ...actual.nothing,
    // All of the gateway that only forwards.
    total: Object.values(actual.nothing!).reduce((sum, bytes) => sum + bytes, 0),
    ...Object.fromEntries(
      Object.keys(variants).flatMap((name) => (name === "nothing" ? [] : [[name, actual[name]![name] ?? 0]])),
    ),
  };
  // A policy that costs nothing would mean that it is not there: then the list above looks at the wrong feature.
  for (const [feature, bytes] of Object.entries(budget)) expect(bytes, feature).toBeGreaterThan(0);
  if (process.env.UPDATE === "1") {
    // A twentieth of room, so that a bug fix does not need a new budget.
    const rounded = Object.fromEntries(
      Object.entries(budget)
        .sort()
        .map(([feature, bytes]) => [feature, Math.ceil((bytes * 1.05) / 64) * 64]),
    );
    writeFileSync(committed, `${JSON.stringify(rounded, undefined, 2)}\n`);
  }
  const allowed = JSON.parse(readFileSync(committed, "utf8")) as Readonly<Record<string, number>>;
  const over = Object.entries(budget)
    .filter(([feature, bytes]) => bytes > (allowed[feature] ?? 0))
    .map(([feature, bytes]) => `${feature}: ${bytes} bytes, ${allowed[feature] ?? 0} are allowed`);
  expect(over, "UPDATE=1 rewrites test/contract/expected/bundle-budget.json; say why in the commit").toEqual([]);
});

it("a bundle has no byte of a policy that its gateway does not use", async () => {
  const features = Object.keys(await sizesOf(gateway(variants.rateLimit!, "service: backend")));
  const unused = Object.keys(variants).filter((name) => name !== "nothing" && name !== "rateLimit");
  expect(features.filter((feature) => unused.includes(feature))).toEqual([]);
  // Positive control.
  expect(features).toContain("rateLimit");
});

it("tunnels are in the bundles of gateways that allow upgrades, and in no other", async () => {
  const bundleOf = async (policies: string): Promise<string> => {
    const [folder, out] = [temporaryFolder({ "gateway.yaml": gateway(policies, "service: backend") }), temporaryFolder()];
    await buildGateway(join(folder, "gateway.yaml"), out);
    return readFileSync(join(out, "gateway.mjs"), "utf8");
  };
  // Of RFC 6455 §1.3.
  const marker = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  expect(await bundleOf("")).not.toContain(marker);
  expect(await bundleOf(variants.upgrade!)).toContain(marker);
});

it("the way back of answers is in the bundles of gateways with a step that looks at them, and in no other", async () => {
  const bundleOf = async (policies: string): Promise<string> => {
    const [folder, out] = [temporaryFolder({ "gateway.yaml": gateway(policies, "service: backend") }), temporaryFolder()];
    await buildGateway(join(folder, "gateway.yaml"), out);
    return readFileSync(join(out, "gateway.mjs"), "utf8");
  };
  const markers = ["a policy failed on the answer of the service", "answer-unfit", "answerBody", "repr-digest"];
  const markersIn = (code: string): string[] => markers.filter((marker) => code.includes(marker));
  const plain = await bundleOf(
    ", rateLimit: { limit: 9/m, cost: { after: response.status } }, authorize: { require: request.path != '/' }",
  );
  expect(markersIn(plain)).toEqual([]);
  expect(markersIn(await bundleOf(", authorize: { answer: { require: response.status < 300 } }"))).toEqual(markers);
});

it("a bundle has no byte of retries unless a service has them", async () => {
  const bundleOf = async (service: string): Promise<string> => {
    const text = gateway("", "service: backend").replace("[http://127.0.0.1:9001]", `[http://127.0.0.1:9001]${service}`);
    const [folder, out] = [temporaryFolder({ "gateway.yaml": text }), temporaryFolder()];
    await buildGateway(join(folder, "gateway.yaml"), out);
    return readFileSync(join(out, "gateway.mjs"), "utf8");
  };
  const marks = ["upstream_retries_total", "idempotency-key", "upstream_hedges_total"];
  const marksIn = (code: string): string[] => marks.filter((mark) => code.includes(mark));
  expect(marksIn(await bundleOf(""))).toEqual([]);
  // Positive control.
  expect(marksIn(await bundleOf(", retry: {}"))).toEqual(marks.slice(0, 2));
  expect(marksIn(await bundleOf(", hedge: {}"))).toEqual(marks);
});

it("a bundle has no byte of deadlines and gRPC unless they are asked for", async () => {
  const bundleOf = async (service: string, listener = ""): Promise<string> => {
    const text = gateway("", "service: backend")
      .replace("[http://127.0.0.1:9001]", `[http://127.0.0.1:9001]${service}`)
      .replace("port: 8080", `port: 8080${listener}`);
    const [folder, out] = [temporaryFolder({ "gateway.yaml": text }), temporaryFolder()];
    await buildGateway(join(folder, "gateway.yaml"), out);
    return readFileSync(join(out, "gateway.mjs"), "utf8");
  };
  const marks = ["deadline-exceeded", "grpc-timeout", "grpc-message", "grpc-previous-rpc-attempts"];
  const marksIn = (code: string): string[] => marks.filter((mark) => code.includes(mark));
  expect(marksIn(await bundleOf(", protocol: http2, retry: {}"))).toEqual([]);
  // Positive control.
  expect(marksIn(await bundleOf("", ", timeouts: { answer: 1m }"))).toEqual(marks.slice(0, 1));
  expect(marksIn(await bundleOf("", ", deadline: { from: anyone }"))).toEqual(marks.slice(0, 2));
  expect(marksIn(await bundleOf(", deadline: { field: X-Time-Left }"))).toEqual(marks.slice(1, 2));
  expect(marksIn(await bundleOf(", protocol: grpc, retry: {}"))).toEqual(marks.slice(1));
});

it("a bundle has no byte of households and groups where nothing lives, and of the admin listener's questions without it", async () => {
  const bundleOf = async (text: string): Promise<string> => {
    const [folder, out] = [temporaryFolder({ "gateway.yaml": text }), temporaryFolder()];
    await buildGateway(join(folder, "gateway.yaml"), out);
    return readFileSync(join(out, "gateway.mjs"), "utf8");
  };
  const markers = ["GATEWRIGHT_SEAT", "did not start, and the gateway does not serve without it", "none of them answered"];
  const markersIn = (code: string): string[] => markers.filter((marker) => code.includes(marker));
  const plain = gateway("", "service: backend");
  expect(markersIn(await bundleOf(plain))).toEqual([]);
  expect(markersIn(await bundleOf(plain.replace("port: 8080 }", "port: 8080 }, admin: { port: 9090 }")))).toEqual([markers[2]]);
  // Positive control: where something lives, they are there.
  const { outputFiles } = await build({
    entryPoints: [join(repository, "test/life/support/child-main.ts")],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    logLevel: "silent",
  });
  expect(markersIn(outputFiles[0]!.text)).toEqual(markers);
});

it("a bundle has no byte for TLS, HTTP/2 and names unless a service needs them", async () => {
  const modules = async (service: string): Promise<string[]> => {
    const folder = temporaryFolder({
      "gateway.yaml": gateway("", "service: backend").replace(/backend: \{.*\} \}/, `backend: { ${service} } }`),
    });
    const out = temporaryFolder();
    const { result, diagnostics } = await buildGateway(join(folder, "gateway.yaml"), out);
    if (result === undefined) throw new Error(diagnostics.map(({ code }) => code).join("\n"));
    const text = readFileSync(join(out, "gateway.mjs"), "utf8");
    return ["dns", "http2", "tls"].filter((name) => text.includes(`"node:${name}"`));
  };
  expect(await modules("endpoints: [http://127.0.0.1:9001]")).toEqual([]);
  expect(await modules("endpoints: [http://backend:9001]")).toEqual(["dns"]);
  expect(await modules("endpoints: [https://127.0.0.1:9001]")).toEqual(["tls"]);
  expect(await modules("endpoints: [http://127.0.0.1:9001], protocol: http2")).toEqual(["http2", "tls"]);
});

it("a bundle has no byte of TLS, HTTP/2 and PROXY protocol where its listener does not ask for them", async () => {
  const plain = gateway("", "service: backend");
  const parts = async (text: string): Promise<string[]> =>
    Object.keys(await sizesOf(text)).filter((feature) => feature === "listener" || feature === "http2");
  expect(await parts(plain)).toEqual([]);
  // Positive controls.
  const tls = "tls: { certificates: [{ certificate: { file: a.pem }, key: { file: a.key } }] }";
  expect(await parts(plain.replace("port: 8080", `port: 8080, ${tls}`))).toEqual(["http2", "listener"]);
  expect(await parts(plain.replace("port: 8080", `port: 8080, ${tls}, http2: false`))).toEqual(["listener"]);
});

it("a bundle has no byte of the admin API without an admin listener, and none of its TLS and credentials unless it has them", async () => {
  const plain = gateway("", "service: backend");
  const sizeWith = async (admin: string): Promise<number> =>
    (await sizesOf(plain.replace("public: { port: 8080 }", `public: { port: 8080 }${admin}`))).admin ?? 0;
  expect(await sizeWith("")).toBe(0);
  const bare = await sizeWith(", admin: { port: 9090 }");
  const withKey = await sizeWith(", admin: { port: 9090, credentials: { operator: { key: { env: ADMIN_KEY } } } }");
  const tls = "tls: { certificate: { file: a.pem }, key: { file: a.key } }";
  const withTls = await sizeWith(`, admin: { port: 9090, ${tls} }`);
  expect(bare).toBeGreaterThan(0);
  expect(withKey).toBeGreaterThan(bare + 500);
  expect(withTls).toBeGreaterThan(bare + 300);
});

it("a bundle has no byte of calls, files and life unless something calls, follows or lives", async () => {
  const parts = async (text: string): Promise<string[]> => {
    const [folder, out] = [temporaryFolder({ "gateway.yaml": text }), temporaryFolder()];
    const { result, diagnostics } = await buildGateway(join(folder, "gateway.yaml"), out);
    if (result === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
    const bundle = readFileSync(join(out, "gateway.mjs"), "utf8");
    const marks = { undici: "UND_ERR", calls: "is not called", files: "files replaced", life: "background work" };
    return Object.entries(marks).flatMap(([part, mark]) => (bundle.includes(mark) ? [part] : []));
  };
  const deny = (entries: string): string => gateway(`, ipFilter: { deny: [${entries}] }`, "service: backend");
  expect(await parts(deny("203.0.113.0/24"))).toEqual([]);
  expect(await parts(deny("{ file: blocks.txt }"))).toEqual(["files", "life"]);
  expect(await parts(deny('{ url: "https://lists.example.com/blocks" }'))).toEqual(["undici", "calls", "life"]);
});

it("tree shaking needs no promise of the package: no run-time module acts when it is loaded", async () => {
  const unused = {
    contents:
      'import "./runtime/policies/rate-limit/index.ts"; import "./runtime/stores/memory/memory-store.ts"; import "./runtime/upstream/forward.ts"; import "./runtime/process/run.ts";',
    resolveDir: repository,
  };
  const bytes = async (contents: string): Promise<Readonly<Record<string, number>>> => {
    const { metafile } = await build({
      stdin: { ...unused, contents },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      packages: "external",
      minify: true,
      logLevel: "silent",
      plugins: [
        {
          name: "side effects",
          setup: ({ onResolve, resolve }) => {
            // Whatever package.json says, esbuild has to find out for itself.
            onResolve({ filter: /^\./ }, async (args) => {
              if (args.pluginData === "seen") return undefined;
              const { importer, resolveDir, kind } = args;
              const { path, errors } = await resolve(args.path, { importer, resolveDir, kind, pluginData: "seen" });
              return { path, errors, sideEffects: true };
            });
          },
        },
      ],
    });
    const [output] = Object.values(metafile.outputs);
    return Object.fromEntries(Object.entries(output!.inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
  };
  const contributing = Object.entries(await bytes(unused.contents)).filter(
    ([path, count]) => path.startsWith("runtime/") && count > 0,
  );
  expect(contributing.map(([path]) => path)).toEqual([]);
  // Positive control: what is used is there.
  const used = await bytes('export { createRateLimit } from "./runtime/policies/rate-limit/index.ts";');
  expect(used["runtime/policies/rate-limit/index.ts"]).toBeGreaterThan(0);
});
