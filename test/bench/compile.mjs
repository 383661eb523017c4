// How long the compiler takes: the example, cold; a specification of 1,000 operations, with its peak memory.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, cli, gatewayYaml, median, root, scratch, spec, writeFiles } from "./support.mjs";

const folder = scratch();
const shop = Array.from({ length: 5 }, () => build(join(root, "examples/shop"), join(folder, "shop")));
console.log(`examples/shop, cold command line      ${median(shop).toFixed(2)} s   (goal 1.5 s)`);

const large = writeFiles(join(folder, "large"), {
  "gateway.yaml": gatewayYaml({ requestId: {}, securityHeaders: {}, metrics: {}, rateLimit: { limit: "100/s" } }),
  "policies.yaml": "{}\n",
  "openapi.json": spec(1000),
});
const script = `process.argv.splice(1, 1); process.on("exit", () => console.error("peak " + process.resourceUsage().maxRSS)); await import(${JSON.stringify(cli)});`;
const started = performance.now();
const { stderr, status } = spawnSync(
  process.execPath,
  ["--input-type=module", "-e", script, "-", "gatewright", "build", large, "--out", join(folder, "out")],
  {
    encoding: "utf8",
  },
);
const seconds = (performance.now() - started) / 1000;
const peak = /peak (\d+)/.exec(stderr);
if (status !== 0 || peak === null) throw new Error(stderr);
console.log(`1,000 operations                      ${seconds.toFixed(2)} s   (goal 10 s)`);
console.log(`1,000 operations, peak memory         ${(Number(peak[1]) / 1024).toFixed(0)} MB (goal 1,024 MB)`);
