import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { type Component, component } from "../../harness/component.ts";
import { freePort } from "../../harness/free-port.ts";

/** Asks again and again until it holds: nothing here is ready at a time that could be named. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Servers that a store promises to work with. */
export const programs = ["redis-server", "valkey-server"] as const;

export interface ServerOptions {
  readonly port?: number;
  readonly args?: readonly string[];
  readonly program?: Extract<Component, (typeof programs)[number] | "redis-sentinel">;
  /** Text of a file of its own, which it may write. */
  readonly file?: string;
}

/** A real server on a free port. */
export class RedisServer {
  readonly port: number;
  readonly #command: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined = undefined;
  #admin: Redis | undefined = undefined;

  readonly #folder: string;

  private constructor(port: number, command: string, args: readonly string[], folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#command = command;
    this.#args = args;
  }

  static async start({ port, args = [], program = "redis-server", file }: ServerOptions = {}): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), "gatewright-redis-"));
    const own = port ?? (await freePort());
    const all = ["--port", String(own), "--save", "", "--dir", folder, "--bind", "127.0.0.1", ...args];
    if (file !== undefined) writeFileSync(join(folder, "server.conf"), file);
    const named = file === undefined ? all : [join(folder, "server.conf"), ...all];
    const server = new RedisServer(own, await component(program), named, folder);
    await server.begin();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    const child = spawn(this.#command, this.#args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await until(`${this.#command} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`${this.#command} ended:\n${output}`);
      return (await this.ask("ping").catch(() => "")) === "PONG";
    });
  }

  /** What an operator asks it, on a connection of its own. */
  async ask(name: string, ...args: readonly string[]): Promise<unknown> {
    this.#admin ??= new Redis({ port: this.port, host: "127.0.0.1", retryStrategy: () => 20, maxRetriesPerRequest: 0 }).on(
      "error",
      () => {},
    );
    return this.#admin.call(name, ...args);
  }

  /** The same on another connection: the first one waits for an answer. */
  async askAside(name: string, ...args: readonly string[]): Promise<unknown> {
    const aside = new Redis({ port: this.port, host: "127.0.0.1", enableReadyCheck: false });
    try {
      return await aside.call(name, ...args);
    } finally {
      aside.disconnect();
    }
  }

  /** The same of bytes, and the reply as it comes. */
  async askBytes(name: string, ...args: readonly (string | Buffer)[]): Promise<unknown> {
    const aside = new Redis({ port: this.port, host: "127.0.0.1", enableReadyCheck: false });
    try {
      return await aside.callBuffer(name, ...args);
    } finally {
      aside.disconnect();
    }
  }

  /** How often it was asked to do something, by name of the command. */
  async calls(command: string, which: "calls" | "failed_calls" = "calls"): Promise<number> {
    const stats = String(await this.ask("info", "commandstats"));
    return Number(new RegExp(`cmdstat_${command}:(?:.*,)?${which}=(\\d+)`).exec(stats)?.[1] ?? 0);
  }

  /** Answers nothing, keeps connections. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    this.#admin?.disconnect();
    this.#admin = undefined;
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await ended;
  }

  /** For good. */
  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
