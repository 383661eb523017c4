import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { component } from "../../harness/component.ts";
import { freePort } from "../../harness/free-port.ts";
import { until } from "./redis-server.ts";

/** A real server on a free port, whose items go with it. */
export class MemcachedServer {
  readonly port: number;
  readonly #command: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined = undefined;

  private constructor(port: number, command: string, args: readonly string[]) {
    this.port = port;
    this.#command = command;
    this.#args = args;
  }

  static async start(...args: readonly string[]): Promise<MemcachedServer> {
    const port = await freePort();
    const all = ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-u", "root", ...args];
    const server = new MemcachedServer(port, await component("memcached"), all);
    await server.begin();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    const child = spawn(this.#command, this.#args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    await until("memcached answers", async () => {
      if (child.exitCode !== null) throw new Error(`memcached ended:\n${output}`);
      return (await this.ask("mn", "MN").catch(() => "")) !== "";
    });
  }

  /** What it says to a command, up to where `end` ends. */
  ask(command: string, end: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, "127.0.0.1");
      let text = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk;
        if (!text.endsWith(`${end}\r\n`)) return;
        socket.destroy();
        resolve(text);
      });
      socket.on("error", reject);
      socket.write(`${command}\r\n`);
    });
  }

  /** Forgets all that it has. */
  async flush(): Promise<void> {
    await this.ask("flush_all", "OK");
  }

  async stat(name: string): Promise<number> {
    return Number(new RegExp(`STAT ${name} (\\d+)`).exec(await this.ask("stats", "END"))![1]);
  }

  /** Answers nothing, keeps connections. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await ended;
  }
}
