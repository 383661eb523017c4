import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const compiler = fileURLToPath(new URL("../dist/compiler/main.js", import.meta.url));

/**
 * Compiles the gateway of an example and runs it beside its services. Ends when the gateway does; SIGINT and SIGTERM go to
 * the gateway, which finishes what is in flight first.
 *
 * `folder`: URL of the example. `startServices` gives `environment`, what gateway.yaml reads beside the ports, and `close`.
 * `hints` makes the lines that say what to try, of the URLs of the two listeners.
 */
export async function runExample({ folder, startServices, environment, hints }) {
  const port = await freePort("PORT", 8080);
  const adminPort = await freePort("ADMIN_PORT", 9090);
  const here = fileURLToPath(folder);
  const out = fileURLToPath(new URL(".gatewright/start/", folder));
  const build = spawn(process.execPath, [compiler, "build", here, "--out", out, "--emit-modules"], { stdio: "inherit" });
  const [buildCode] = await once(build, "exit");
  if (buildCode !== 0) process.exit(buildCode ?? 1);

  const services = await startServices();
  const ports = { PORT: String(port), ADMIN_PORT: String(adminPort) };
  const gateway = spawn(process.execPath, ["--enable-source-maps", `${out}gateway.mjs`], {
    cwd: here, // files that gateway.yaml names are looked for from there
    env: { ...process.env, ...ports, ...services.environment, ...environment },
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => gateway.kill(signal));
  gateway.on("exit", (code) => {
    services.close();
    process.exitCode = code ?? 1;
  });
  if (!(await ready(gateway, `http://127.0.0.1:${adminPort}/readyz`))) return;
  const [api, admin] = [`http://localhost:${port}`, `http://localhost:${adminPort}`];
  process.stdout.write(`
gateway  ${api}
admin    ${admin}/metrics  /healthz  /readyz  /status

Try, in another terminal:

${hints(api, admin)
  .map((line) => `  ${line}\n`)
  .join("")}
Ctrl-C stops it. The generated code is in ${out}modules.

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
async function ready(gateway, url) {
  while (gateway.exitCode === null && gateway.signalCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
