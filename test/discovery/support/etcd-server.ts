import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { component } from "../../harness/component.ts";
import { freePort } from "../../harness/free-port.ts";
import { until } from "../../stores/support/redis-server.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A real server of etcd 3.4 on a free port, asked through its JSON gateway. */
export class EtcdServer {
  readonly port: number;
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #scheme: "http" | "https";
  readonly #folder: string;
  #process: ChildProcess | undefined = undefined;
  #data = 0;

  private constructor(port: number, command: string, args: readonly string[], scheme: "http" | "https", folder: string) {
    this.port = port;
    this.#command = command;
    this.#args = args;
    this.#scheme = scheme;
    this.#folder = folder;
  }

  static async start(args: readonly string[] = [], scheme: "http" | "https" = "http"): Promise<EtcdServer> {
    const [port, peerPort] = [await freePort(), await freePort()];
    const [client, peer] = [`${scheme}://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
    const all = [
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
      ...["--log-level", "error", ...args],
    ];
    const folder = mkdtempSync(join(tmpdir(), "gatewright-etcd-"));
    const server = new EtcdServer(port, await component("etcd"), all, scheme, folder);
    await server.begin();
    return server;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    const child = spawn(this.#command, ["--data-dir", join(this.#folder, String(this.#data)), ...this.#args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    await until("etcd answers", async () => {
      if (child.exitCode !== null) throw new Error(`etcd ended:\n${output}`);
      // With TLS it wants a certificate that is not here.
      if (this.#scheme === "https") return output.includes("serving client") || (await opens(this.port));
      return (await fetch(`${this.url}/health`).catch(() => undefined))?.ok === true;
    });
  }

  async call(path: string, request: object, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.url}${path}`, { method: "POST", body: JSON.stringify(request), headers });
    const value = (await answer.json()) as Record<string, unknown>;
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(value)}`);
    return value;
  }

  async put(key: string, value: unknown, lease?: unknown): Promise<void> {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    await this.call("/v3/kv/put", { key: base64(key), value: base64(text), ...(lease === undefined ? {} : { lease }) });
  }

  async delete(key: string): Promise<void> {
    await this.call("/v3/kv/deleterange", { key: base64(key) });
  }

  async lease(seconds: number): Promise<unknown> {
    return (await this.call("/v3/lease/grant", { TTL: String(seconds) })).ID;
  }

  /** Everything that was before this moment is forgotten. */
  async compact(): Promise<void> {
    const { header } = await this.call("/v3/kv/range", { key: base64("-") });
    await this.call("/v3/kv/compaction", { revision: (header as { revision: string }).revision, physical: true });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** As after the loss of a disk. */
  async loseData(): Promise<void> {
    await this.stop();
    this.#data++;
    await this.begin();
  }

  /** For good. */
  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function opens(port: number): Promise<boolean> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
