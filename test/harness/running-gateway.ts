import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGateway, type Checked } from "../../compiler/index.ts";
import { LogLines } from "./log-lines.ts";
import { repository } from "./sample.ts";

/** A gateway that was built and runs as a process of its own, as in production. */
export interface RunningGateway {
  readonly port: number;
  readonly adminPort: number | undefined;
  readonly process: ChildProcess;
  /** What it writes to standard output. */
  readonly log: LogLines;
  /** Turns the clock of the process forward, by milliseconds. */
  advance(milliseconds: number): Promise<void>;
  /** Bytes in use after everything was collected that can be. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** Builds a gateway into a folder that is removed again by `dispose`. */
export async function buildForTest(entry: string): Promise<Checked & { readonly out: string; readonly dispose: () => void }> {
  const out = mkdtempSync(join(tmpdir(), "gatewright-"));
  // Samples of `faultInjection` are among them.
  const built = await buildGateway(entry, out, { allowFaults: true });
  return { ...built, out, dispose: () => rmSync(out, { recursive: true, force: true }) };
}

export interface StartOptions {
  /** Arguments of the bundle: `--workers`, `2`. */
  readonly args?: readonly string[];
  /** Where relative paths of secrets are looked for. */
  readonly cwd?: string;
  /** Modules that are loaded before the bundle. */
  readonly imports?: readonly string[];
  /** File descriptors that the process may open. */
  readonly descriptors?: number;
  /** A descriptor of ours for its standard output, instead of `log`. */
  readonly stdout?: number;
}

/**
 * Resolves when the gateway serves; rejects with what it wrote to standard error where it ends before.
 *
 * @param out output folder of a build
 */
export async function startGateway(
  out: string,
  environment: Readonly<Record<string, string>>,
  { args = [], cwd = out, imports = [], descriptors, stdout }: StartOptions = {},
): Promise<RunningGateway> {
  // Frozen prototypes show that nothing from outside is ever the key of a plain object, in every test of a built gateway.
  const harness = ["clock-control.mjs", "frozen-prototypes.mjs"].map((file) => join(repository, "test/harness", file));
  const preloaded = [...harness, ...imports].flatMap((file) => ["--import", file]);
  const flags = ["--enable-source-maps", "--disallow-code-generation-from-strings", ...preloaded];
  const command = [process.execPath, ...flags, join(out, "gateway.mjs"), ...args];
  // Only a shell can lower the limit for what it becomes.
  const limited = descriptors === undefined ? command : ["sh", "-c", `ulimit -n ${descriptors}; exec "$0" "$@"`, ...command];
  const child = spawn(limited[0]!, limited.slice(1), {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", stdout ?? "pipe", "pipe", "ipc"],
    cwd,
  });
  let errors = "";
  const log = new LogLines();
  child.stdout?.setEncoding("utf8").on("data", (text: string) => log.push(text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ready = await new Promise<{ port: number; adminPort: number | undefined }>((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`the gateway exited with ${String(code)}:\n${errors}`)));
    child.on("message", (message: { gatewright?: string; port: number; adminPort: number | undefined }) => {
      if (message.gatewright === "ready") resolve(message);
    });
  });
  return {
    ...ready,
    process: child,
    log,
    advance: (milliseconds) =>
      new Promise((resolve) => {
        child.once("message", () => resolve());
        child.send({ advance: milliseconds });
      }),
    memory: () =>
      new Promise((resolve) => {
        child.once("message", (message: { memory: number }) => resolve(message.memory));
        child.send({ memory: true });
      }),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}
