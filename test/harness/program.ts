import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { repository } from "./sample.ts";

/** The compiler as users run it; `npm test` builds it first. */
export const compiler = join(repository, "dist/compiler/main.js");

export interface Ended {
  /** Exit code, or the name of the signal that ended it. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node itself. */
  readonly flags?: readonly string[];
}

/** A program that runs until it ends or is stopped. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #stdout = "";
  #stderr = "";

  constructor(file: string, args: readonly string[], { cwd = repository, env = {}, flags = [] }: ProgramOptions = {}) {
    this.#child = spawn(process.execPath, [...flags, file, ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => {
        resolve({ code: code ?? signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#notify();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything printed so far, both streams. */
  get output(): string {
    return `${this.#stdout}\n${this.#stderr}`;
  }

  /** The first match in what was printed since `from` characters of standard output; rejects where the program ends before. */
  until(pattern: RegExp, stream: "stdout" | "stderr" = "stdout", from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec((stream === "stdout" ? this.#stdout : this.#stderr).slice(from));
        const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
        if (match === null && !isOver) return;
        this.#watchers.delete(look);
        if (match !== null) resolve(match);
        else reject(new Error(`ended without printing ${pattern}:\n${this.output}`));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Characters printed so far on a stream, for `until`. */
  printed(stream: "stdout" | "stderr" = "stdout"): number {
    return (stream === "stdout" ? this.#stdout : this.#stderr).length;
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Runs the compiler to its end. */
export const gatewright = (args: readonly string[], options?: ProgramOptions): Promise<Ended> =>
  new Program(compiler, args, options).ended;
