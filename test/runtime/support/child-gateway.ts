import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles a module of this folder as a gateway is bundled. Gives the file and a way to remove it. */
export async function bundle(name: string): Promise<{ file: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  const file = join(folder, "gateway.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

/** A gateway in a process of its own. */
export class ChildGateway {
  readonly process: ChildProcess;
  stderr = "";
  stdout = "";
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  #hasExited = false;
  #wake: (() => void)[] = [];

  constructor(file: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    this.process = spawn(process.execPath, [file, ...args], {
      env: { PATH: process.env.PATH ?? "", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const notify = (): void => {
      for (const wake of this.#wake.splice(0)) wake();
    };
    this.process.stderr!.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString();
      notify();
    });
    this.process.stdout!.on("data", (bytes: Buffer) => {
      this.stdout += bytes.toString();
      notify();
    });
    this.exited = new Promise((resolve) => {
      // `close`, not `exit`: only then has everything printed arrived.
      this.process.once("close", (code, signal) => {
        this.#hasExited = true;
        notify();
        resolve({ code, signal });
      });
    });
  }

  async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.#hasExited) throw new Error(`the gateway ended; it printed: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Ports of the public and the admin listener, once it listens. */
  async ports(): Promise<{ port: number; adminPort: number }> {
    const [, port, adminPort] = await this.untilPrinted(/listens on http:\/\/[^:]+:(\d+), admin on http:\/\/[^:]+:(\d+)/);
    return { port: Number(port), adminPort: Number(adminPort) };
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  async stop(): Promise<void> {
    if (!this.#hasExited) this.process.kill("SIGKILL");
    await this.exited;
  }
}
