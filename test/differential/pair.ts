import fc from "fast-check";
import { expect } from "vitest";
import type { GatewayIr } from "../../compiler/ir/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import type { RequestPart } from "../harness/http-file.ts";
import { type RecordingUpstream, type SeenRequest, startUpstream } from "../harness/recording-upstream.ts";
import { type Project, type Subject, startCompiled, startInterpreted } from "../harness/subject.ts";
import { requestsFor } from "./requests.ts";

/** Multiplies the requests for each gateway, and the generated gateways: 1 in CI, more for a long search. */
export const effort = Number(process.env.DIFFERENTIAL_RUNS ?? "1");

/** Fixed where nobody asks for a search, so that a failure is the same everywhere. */
export const seed = effort > 1 ? Date.now() % 0x7fff_ffff : 20_261_201;

/** One gateway in both forms, behind them the same services. */
export class Pair {
  /** Statuses of all answers so far. */
  readonly statuses = new Map<number, number>();
  readonly #upstream: RecordingUpstream;
  readonly #compiled: Subject;
  readonly #interpreted: Subject;

  private constructor(upstream: RecordingUpstream, compiled: Subject, interpreted: Subject) {
    this.#upstream = upstream;
    this.#compiled = compiled;
    this.#interpreted = interpreted;
  }

  /** @param other interpreted instead of the same project, to show that a difference is found */
  static async start(
    project: Project,
    environment: (urls: readonly string[]) => Readonly<Record<string, string>>,
    other = project,
  ): Promise<Pair> {
    const upstream = await startUpstream(3);
    upstream.answer = {
      status: 200,
      headers: [
        ["Content-Type", "application/json"],
        ["Server", "Sample/1"],
        ["X-Frame-Options", "ALLOWALL"],
        ["Vary", "Accept"],
        ["RateLimit", '"service";r=1;t=1'],
      ],
      body: '{"from":"the service"}',
    };
    const variables = environment(upstream.urls);
    const compiled = await startCompiled(project, variables);
    return new Pair(upstream, compiled, await startInterpreted(other, variables));
  }

  /** Sends generated requests to both until they disagree; fast-check prints the smallest request that shows it. */
  async expectAgreement(ir: GatewayIr, requests: number): Promise<void> {
    await fc.assert(
      fc.asyncProperty(requestsFor(ir), async (request) => {
        const compiled = await this.#exchange(this.#compiled, request);
        const interpreted = await this.#exchange(this.#interpreted, request);
        expect(compiled).toEqual(interpreted);
        this.statuses.set(compiled.status, (this.statuses.get(compiled.status) ?? 0) + 1);
      }),
      { seed, numRuns: requests * effort },
    );
  }

  async stop(): Promise<void> {
    await Promise.all([this.#compiled.stop(), this.#interpreted.stop()]);
    await this.#upstream.close();
  }

  async #exchange(subject: Subject, request: RequestPart): Promise<Outcome> {
    this.#upstream.take();
    const { status, headers, body, isBroken } = await sendRequest(subject.port, request);
    return {
      status,
      headers: headers.filter(([name]) => !transport.includes(name.toLowerCase())).map(withoutChance),
      body: plain(body),
      isBroken,
      seen: this.#upstream
        .take()
        .filter(isNoCopy)
        .map((one) => ({ ...one, headers: one.headers.map(withoutChance), body: plain(one.body) })),
    };
  }
}

interface Outcome {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly isBroken: boolean;
  readonly seen: readonly SeenRequest[];
}

/** Copies arrive when nobody waits for them: `test/upstream/mirror.test.ts` looks at them. */
export const isNoCopy = ({ headers }: SeenRequest): boolean =>
  !headers.some(([name]) => name.toLowerCase() === "x-gatewright-mirror");

/** Beside the time: whether a connection is kept depends on how much of the request had arrived when it was answered. */
const transport: readonly string[] = ["date", "connection", "keep-alive"];

/** Ids of requests, traces and spans are random. */
const plain = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, "(request id)")
    .replaceAll(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g, "(trace id)")
    .replaceAll(/(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])/g, "(span id)");

const withoutChance = ([name, value]: readonly [string, string]): readonly [string, string] => [name, plain(value)];
