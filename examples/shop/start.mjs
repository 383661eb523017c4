import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { startServices } from "./services.mjs";

/**
 * Compiles the shop's gateway and runs it, with services and keys of its own. Ends when the gateway does; SIGINT and
 * SIGTERM go to the gateway, which finishes what is in flight first.
 */
const here = fileURLToPath(new URL(".", import.meta.url));
const compiler = fileURLToPath(new URL("../../dist/compiler/main.js", import.meta.url));
const out = fileURLToPath(new URL(".gatewright/start/", import.meta.url));

const port = await freePort("PORT", 8080);
const adminPort = await freePort("ADMIN_PORT", 9090);

const build = spawn(process.execPath, [compiler, "build", here, "--out", out, "--emit-modules"], { stdio: "inherit" });
const [buildCode] = await once(build, "exit");
if (buildCode !== 0) process.exit(buildCode ?? 1);

const services = await startServices();
const newKey = () => randomBytes(24).toString("base64url");
const { ACME_KEY = newKey(), BAZAAR_KEY = newKey(), LEDGER_KEY = newKey() } = process.env;
const environment = {
  PORT: String(port),
  ADMIN_PORT: String(adminPort),
  ...services.environment,
  ACME_KEY,
  BAZAAR_KEY,
  LEDGER_KEY,
};
const gateway = spawn(process.execPath, ["--enable-source-maps", `${out}gateway.mjs`], {
  env: { ...process.env, ...environment },
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => gateway.kill(signal));
gateway.on("exit", (code) => {
  services.close();
  process.exitCode = code ?? 1;
});

if (await ready(`http://127.0.0.1:${adminPort}/readyz`)) {
  const api = `http://localhost:${port}`;
  process.stdout.write(`
gateway  ${api}
admin    http://localhost:${adminPort}/metrics  /healthz  /readyz

Try, in another terminal:

  curl ${api}/catalog/products
  curl -i ${api}/v2/orders                         # 401: no key
  curl -i ${api}/v2/orders -H 'X-API-Key: ${ACME_KEY}' -H 'Content-Type: application/json' -d '{"item":"teapot","quantity":2}'
  curl -i ${api}/v1/orders -H 'X-API-Key: ${ACME_KEY}'   # deprecated
  curl -X POST ${api}/v2/orders/1:cancel -H 'X-API-Key: ${ACME_KEY}'
  curl ${api}/v2/orders/report.csv -H 'X-API-Key: ${LEDGER_KEY}'   # another role
  curl ${api}/legacy/imprint.html                  # what the old shop saw
  curl http://localhost:${adminPort}/metrics

Ctrl-C stops it. The generated code is in examples/shop/.gatewright/start/modules.

`);
}

/** The port that an environment variable names, or the usual one; ends the program where something listens on it. */
async function freePort(name, usual) {
  const given = process.env[name];
  const wanted = given === undefined ? usual : /^\d{1,5}$/.test(given) ? Number(given) : -1;
  if (wanted < 0 || wanted > 65535) {
    process.stderr.write(
      `${name} is \`${given}\`, which is no port. Set a whole number from 1 to 65535: ${name}=${usual} npm start\n`,
    );
    process.exit(1);
  }
  const probe = createServer();
  try {
    probe.listen(wanted);
    await once(probe, "listening");
  } catch (error) {
    const reason = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.code ?? error.message})`;
    process.stderr.write(`Port ${wanted} (${name}) ${reason}. Choose another one: ${name}=${wanted + 1} npm start\n`);
    process.exit(1);
  }
  const { port: free } = probe.address();
  probe.close();
  await once(probe, "close");
  return free;
}

/** Whether the gateway came up: asks until it says yes or ends. */
async function ready(url) {
  while (gateway.exitCode === null && gateway.signalCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
