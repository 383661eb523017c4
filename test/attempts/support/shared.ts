import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildForTest, type RunningGateway, type StartOptions, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { type Answer, Origin } from "./origin.ts";

/** Endpoints and gateways that all tests of a file share, which a build for each of them would make slow. */
export class Shared {
  readonly #ends: (() => unknown)[] = [];

  async origin(answer?: Answer, version: 1 | 2 = 1): Promise<Origin> {
    const origin = await Origin.begin(answer, version);
    this.#ends.push(() => origin.stop());
    return origin;
  }

  async gateway(
    file: string,
    environment: Readonly<Record<string, string>> = {},
    options: StartOptions = {},
  ): Promise<RunningGateway> {
    const out = await this.build(file);
    const gateway = await startGateway(out, { ...sampleEnvironment([]), ...environment }, options);
    this.#ends.push(() => gateway.stop());
    return gateway;
  }

  /** Output folder. */
  async build(file: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
    this.#ends.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "gateway.yaml"), file);
    const { out, dispose, diagnostics } = await buildForTest(join(folder, "gateway.yaml"));
    this.#ends.push(dispose);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
    return out;
  }

  onEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}
