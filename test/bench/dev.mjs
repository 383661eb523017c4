// `gatewright dev`: from the change of one policy to the moment when the new bundle serves, and where that time goes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { CompilerCache, compileGateway } from "../../dist/compiler/index.js";
import { createDevelopmentLinker, DevelopmentFolder } from "../../dist/compiler/phases/6-bundle/index.js";
import { realisticSpec } from "./realistic-spec.mjs";
import { cli, gatewayYaml, key, median, root, scratch, writeFiles } from "./support.mjs";

const changes = 11;
const github = join(process.env.GATEWRIGHT_CORPUS ?? join(root, "../shared/corpus/openapi"), "github/api.github.com.json");
const folder = scratch();

/** Policies of which one option is another one each time. */
const policies = (revision, more = "") =>
  `all: { ${more}validate: { response: enforce }, headers: { response: { set: { X-Revision: "${revision}" } } } }\n`;

const service = "http://127.0.0.1:9";
const environment = {
  ...{ ACME_KEY: key, BAZAAR_KEY: `${key}-of-the-bazaar`, LEDGER_KEY: `${key}-of-the-ledger` },
  ...{ ORDERS_URL_1: service, ORDERS_URL_2: service, CATALOG_URL: service, LEGACY_URL: service },
};

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}

/** Milliseconds of each change in `dev`: until the compiler has noticed and built, in all, and as `dev` counts the build. */
async function develop(project, change) {
  const child = spawn(process.execPath, [cli, "dev"], {
    cwd: project,
    env: { ...process.env, ...environment, PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  let [output, errors] = ["", ""];
  let look = () => {};
  child.stdout.on("data", (chunk) => {
    output += chunk;
    look();
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  let fail = () => {};
  child.once("exit", (code) => fail(new Error(`dev ended with ${code}\n${errors}`)));
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      fail = reject;
      look = () => {
        if (/not built|not started|did not start/.test(output)) reject(new Error(`${output}\n${errors}`));
        else if (pattern.test(output)) resolve(performance.now());
      };
      look();
    });
  await until(/serving on port/);
  const runs = [];
  for (let revision = 1; revision <= changes; revision++) {
    output = "";
    const started = performance.now();
    change(revision);
    const built = await until(/built in/);
    const served = await until(/taken over/);
    runs.push({ all: served - started, built: built - started, compiled: Number(/built in (\d+) ms/.exec(output)[1]) });
  }
  child.kill("SIGTERM");
  await once(child, "exit");
  process.off("exit", kill);
  return runs;
}

/** Median milliseconds of each phase of rebuilds in this process. */
async function phases(project, change) {
  const [linker, cache, spent] = [await createDevelopmentLinker(), new CompilerCache(), new Map()];
  const out = new DevelopmentFolder(join(project, "out"));
  for (let revision = 100; revision <= 100 + changes; revision++) {
    change(revision);
    const marks = [];
    const progress = (phase) => marks.push([phase, performance.now()]);
    const { modules } = await compileGateway(join(project, "gateway.yaml"), { cache, progress });
    progress("putting together");
    const files = await linker.link(modules, "..");
    progress("writing");
    await out.write(files);
    progress("");
    if (revision === 100) continue;
    for (const [index, [phase, at]] of marks.slice(0, -1).entries())
      spent.set(phase, [...(spent.get(phase) ?? []), marks[index + 1][1] - at]);
  }
  await linker.dispose();
  return [...spent].map(([phase, times]) => `${phase} ${median(times).toFixed(0)}`).join(", ");
}

async function measure(name, goal, project, change) {
  const runs = await develop(project, change);
  const of = (pick) => median(runs.map(pick)).toFixed(0);
  console.log(`${name.padEnd(34)} ${of(({ all }) => all).padStart(5)} ms from change to serving (goal ${goal} ms)`);
  const noticed = of(({ built, compiled }) => built - compiled);
  console.log(
    `  noticing ${noticed}, compiling ${of(({ compiled }) => compiled)}, taking over ${of(({ all, built }) => all - built)}`,
  );
  console.log(`  phases: ${await phases(project, change)}`);
}

const listening = (yaml) =>
  yaml.replace("public: { host: 127.0.0.1, port: 0 }", 'public: { host: 127.0.0.1, port: "${env:PORT}" }');

const shop = join(folder, "shop");
cpSync(join(root, "examples/shop"), shop, { recursive: true });
const policyFile = join(shop, "orders/v2/policies.yaml");
const written = readFileSync(policyFile, "utf8");
await measure("examples/shop", 200, shop, (revision) =>
  writeFileSync(policyFile, written.replace("{ limit: 60/m,", `{ limit: ${1000 + revision}/m,`)),
);

const large = writeFiles(join(folder, "large"), {
  "gateway.yaml": listening(gatewayYaml({ requestId: {}, securityHeaders: {}, metrics: {}, rateLimit: { limit: "100/s" } })),
  "policies.yaml": policies(0),
  "openapi.json": realisticSpec(1000),
});
await measure("1,000 operations", 1000, large, (revision) => writeFileSync(join(large, "policies.yaml"), policies(revision)));

if (!existsSync(github)) console.log("GitHub: not measured, the shared corpus is not here");
else {
  const open = "public: measured without identity, ";
  const project = writeFiles(join(folder, "github"), {
    "gateway.yaml": listening(gatewayYaml({ requestId: {}, securityHeaders: {}, metrics: {} }, undefined, false)),
    "policies.yaml": policies(0, open),
    "openapi.json": readFileSync(github, "utf8"),
  });
  await measure("GitHub, 1,223 operations", 1000, project, (revision) =>
    writeFileSync(join(project, "policies.yaml"), policies(revision, open)),
  );
}
