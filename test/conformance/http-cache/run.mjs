// Runs npm `http-cache-tests` through Gatewright and the caches that Debian has, and prints one table.
//
//   npm run cache-tests                       # all caches; minutes, since the suite waits for real seconds
//   npm run cache-tests -- --only=Gatewright,nginx
//   npm run cache-tests -- --write            # and writes it beside this file
//   npm run cache-tests -- --suite=FOLDER     # a later state of the same suite, with its dependencies
//   npm run cache-tests -- --further          # tests that the suite does not have, by its client
//   npm run cache-tests -- --show=TEST        # what each cache made of one test
import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { requireProgram, scratch } from "../../bench/support.mjs";
import { caches } from "./caches.mjs";
import { partOf, proxyTests, suiteIn } from "./suite.mjs";
import { tableOf } from "./table.mjs";
import { testsById, verdictOf } from "./verdicts.mjs";

const option = (name) => process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const chosen = option("only")?.split(",") ?? Object.keys(caches);
const unknown = chosen.filter((name) => !(name in caches));
if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: not among ${Object.keys(caches).join(", ")}`);

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const folder = scratch();
// Caches give up the rights of root before they look into their folders.
chmodSync(folder, 0o755);
const running = [];
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const isFurther = process.argv.includes("--further");
const found = suiteIn(option("suite"), folder);
const suite = isFurther
  ? { ...found, name: "Tests that http-cache-tests does not have", file: "results-further.md", isPinned: false }
  : found;
const suites = await proxyTests(suite.root, isFurther);
const originPort = await freePort();
begin(process.execPath, [fileURLToPath(partOf(suite.root, "server/server.mjs"))], {
  npm_config_protocol: "http",
  npm_config_port: String(originPort),
  npm_config_pidfile: join(folder, "origin.pid"),
});
await reachable(originPort, "the origin server");

const [results, versions] = [{}, {}];
for (const name of chosen) {
  const cache = caches[name];
  if (cache.package !== undefined) requireProgram(cache.program, cache.package);
  const own = join(folder, name);
  mkdirSync(own);
  const port = await freePort();
  const child = begin(cache.program, cache.command(own, port, originPort), {}, own);
  await reachable(port, name);
  versions[name] = cache.version();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [here("client.mjs"), suite.root, `http://127.0.0.1:${port}`, isFurther ? "further" : ""],
    {
      maxBuffer: 2 ** 26,
    },
  );
  results[name] = JSON.parse(stdout);
  child.kill("SIGTERM");
  console.error(`${name}: ${Object.values(results[name]).filter((result) => result === true).length} passed`);
}

const shown = option("show");
if (shown !== undefined) {
  const byId = testsById(suites);
  for (const name of chosen) console.log(name, verdictOf(byId.get(shown), results[name], byId), results[name][shown]);
}
const table = tableOf(suite, suites, results, versions);
console.log(table);
if (process.argv.includes("--write")) writeFileSync(here(suite.file), table);
process.exit(0);

function begin(program, args, environment, cwd) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
  child.said = () => said;
  running.push(child);
  return child;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function reachable(port, name) {
  for (const end = Date.now() + 30_000; ; ) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true) ?? socket.destroy());
      socket.on("error", () => resolve(false));
    });
    if (isOpen) return;
    const child = running.at(-1);
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${name} did not start: ${child.said()}`);
    await wait(50);
  }
}
