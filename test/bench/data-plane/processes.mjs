// Everything a run starts, and its end: whatever happens, nothing is left behind.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { build } from "esbuild";
import { root, threadsMicroseconds } from "../support.mjs";

const running = new Set();

process.on("exit", () => {
  // nginx passes SIGTERM on to its worker; SIGKILL would leave that alone.
  for (const child of running) child.kill("SIGTERM");
});
process
  .on("SIGINT", () => process.exit(130))
  .on("SIGTERM", () => process.exit(143))
  .on("SIGHUP", () => process.exit(129));

/** Starts a program that runs until the benchmark ends, or until `stop`. What it complains of is passed on until then. */
export function begin(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], ...options });
  running.add(child);
  child.on("exit", () => running.delete(child));
  child.stderr?.setEncoding("utf8").on("data", (said) => {
    if (!said.startsWith("gatewright: bench listens")) process.stderr.write(said);
  });
  return child;
}

export function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return gone;
}

export const stopAll = () => Promise.all([...running].map(stop));

/** Runs a program to its end and returns what it printed. */
export async function run(program, args, options = {}) {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.on("exit", () => running.delete(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`);
  return output;
}

/** The next message of a child whose fate is the run's. */
export const message = (child, matches = () => true) =>
  new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`${child.spawnargs.join(" ")} ended with ${code}`));
    const received = (one) => {
      if (!matches(one)) return;
      child.off("message", received).off("exit", ended).off("error", reject);
      resolve(one);
    };
    child.on("message", received).once("exit", ended).once("error", reject);
  });

/** A port that was free a moment ago: nginx and HAProxy cannot tell which one the system chose. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Resolves when the child takes connections. */
export async function listening(child, port) {
  while (child.exitCode === null) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${child.spawnargs.join(" ")} ended with ${child.exitCode}`);
}

/** User and system time of a process and its children, in microseconds, as precise as the scheduler is: nginx works in a child. */
export function familyCpu(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return children.reduce((sum, child) => sum + threadsMicroseconds(child), threadsMicroseconds(pid));
}

const paths = new Map();

/** The path of a program from Debian's packages, found or installed as the tests do it. */
export async function component(name) {
  if (!paths.has(name)) paths.set(name, (await componentOfTests()).component(name));
  return paths.get(name);
}

async function componentOfTests() {
  const { outputFiles } = await build({
    entryPoints: [`${root}/test/harness/component.ts`],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
