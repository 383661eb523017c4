import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { component } from "../../harness/component.ts";
import { Program } from "../../harness/program.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

/** A folder for the length of a test file. */
export class Workshop {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "gatewright-")));
  readonly #running: RunningGateway[] = [];
  readonly #programs: Program[] = [];
  #builds = 0;

  /** Builds a gateway of which `listeners` is given, with one route to `UPSTREAM`. Returns its output folder. */
  async build(listeners: string, policies = "", service = ""): Promise<string> {
    const folder = join(this.folder, `gateway-${this.#builds++}`);
    mkdirSync(folder);
    const entry = join(folder, "gateway.yaml");
    writeFileSync(
      entry,
      `gateway: listeners
compatibility: 2026-12-01
listeners: ${listeners}
routes: { all: { match: { path: "/**" }, service: backend, policies: { public: test${policies} } } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"]${service} } }
`,
    );
    const { out, diagnostics } = await buildForTest(entry);
    // Warnings are of no concern here: some listeners ask for certificates that nobody reads.
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
    return out;
  }

  async start(out: string, upstream: string, environment: Readonly<Record<string, string>> = {}): Promise<Started> {
    const gateway = await startGateway(out, { ...sampleEnvironment([upstream]), ...environment });
    this.#running.push(gateway);
    let stderr = "";
    gateway.process.stderr!.on("data", (text: string) => (stderr += text));
    return Object.assign(gateway, { errors: () => stderr.replace(/^gatewright: \S+ listens on .*\n/, "") });
  }

  /** A primary with two workers, once they serve; `port` is undefined on a Unix socket. */
  async startWorkers(out: string, upstream: string): Promise<{ readonly program: Program; readonly port: number | undefined }> {
    const program = new Program(join(out, "gateway.mjs"), ["--workers", "2"], { env: sampleEnvironment([upstream]), cwd: out });
    this.#programs.push(program);
    const [line] = await program.until(/gatewright: listeners listens on .*, 2 workers\n/, "stderr");
    const port = /^\S+ \S+ listens on https?:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
    return { program, port: port === undefined ? undefined : Number(port) };
  }

  /** A gateway with this module loaded before its bundle, once it serves. */
  async startPreloaded(
    out: string,
    upstream: string,
    args: readonly string[],
    module: string,
  ): Promise<{ readonly program: Program }> {
    const flags = ["--import", module];
    const program = new Program(join(out, "gateway.mjs"), args, { env: sampleEnvironment([upstream]), cwd: out, flags });
    this.#programs.push(program);
    await program.until(/gatewright: listeners listens on .*\n/, "stderr");
    return { program };
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map((gateway) => gateway.stop()));
    await Promise.all(this.#programs.map((program) => program.stop("SIGKILL")));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `errors`: what it wrote to standard error since it serves. */
export type Started = RunningGateway & { errors(): string };

export interface CurlAnswer {
  readonly exitCode: number;
  readonly version: string;
  readonly status: number;
  readonly body: string;
}

/** A request by curl; certificates are not verified. */
export async function curl(...args: string[]): Promise<CurlAnswer> {
  const program = await component("curl");
  return new Promise((resolve) => {
    execFile(
      program,
      ["-sk", "--max-time", "20", "-w", "\n%{http_version} %{http_code}", ...args],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => {
        const end = stdout.lastIndexOf("\n");
        const [version = "", status = ""] = stdout.slice(end + 1).split(" ");
        const exitCode = error === null ? 0 : Number(error.code);
        resolve({ exitCode, version, status: Number(status), body: stdout.slice(0, end) });
      },
    );
  });
}
