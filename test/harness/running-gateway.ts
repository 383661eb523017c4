import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGateway, type Checked } from "../../compiler/index.ts";
import { repository } from "./sample.ts";

/** A gateway that was built and runs as a process of its own, as in production. */
export interface RunningGateway {
  readonly port: number;
  readonly adminPort: number | undefined;
  readonly process: ChildProcess;
  /** Everything it wrote to standard output. */
  readonly output: () => string;
  /** Turns the clock of the process forward, by milliseconds. */
  advance(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Builds a gateway into a folder that is removed again by `dispose`. */
export async function buildForTest(entry: string): Promise<Checked & { readonly out: string; readonly dispose: () => void }> {
  const out = mkdtempSync(join(tmpdir(), "gatewright-"));
  const built = await buildGateway(entry, out);
  return { ...built, out, dispose: () => rmSync(out, { recursive: true, force: true }) };
}

/** @param out output folder of a build */
export async function startGateway(out: string, environment: Readonly<Record<string, string>>): Promise<RunningGateway> {
  const clock = join(repository, "test/harness/clock-control.mjs");
  const child = spawn(process.execPath, ["--enable-source-maps", "--disallow-code-generation-from-strings", "--import", clock, join(out, "gateway.mjs")], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  let errors = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ready = await new Promise<{ port: number; adminPort: number | undefined }>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the gateway exited with ${String(code)}:\n${errors}`)));
    child.on("message", (message: { gatewright?: string; port: number; adminPort: number | undefined }) => {
      if (message.gatewright === "ready") resolve(message);
    });
  });
  return {
    ...ready,
    process: child,
    output: () => output,
    advance: (milliseconds) =>
      new Promise((resolve) => {
        child.once("message", () => resolve());
        child.send({ advance: milliseconds });
      }),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}
