import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkGateway } from "../compiler/index.ts";
import { renderText } from "../compiler/diagnostics/render/text.ts";
import { clock } from "../runtime/clock.ts";
import { type Serving, serve } from "../runtime/process/serve.ts";
import { expectAnswer, expectSeen } from "./harness/expect-http.ts";
import { expectGoldens } from "./harness/golden.ts";
import { sendRequest } from "./harness/http-client.ts";
import { type RecordingUpstream, startUpstream } from "./harness/recording-upstream.ts";
import { buildForTest, type RunningGateway, startGateway } from "./harness/running-gateway.ts";
import { findSamples, type Sample } from "./harness/sample.ts";
import { sampleEnvironment } from "./harness/sample-environment.ts";
import { interpret } from "./reference/interpreter.ts";

const samples = findSamples();

describe.each(samples)("$name", (sample) => {
  if (sample.expected.size > 0 || process.env.UPDATE === "1") {
    it("gives the expected diagnostics", async () => {
      const checked = await checkGateway(sample.entry);
      const text = renderText(checked.diagnostics, checked.sources?.files ?? new Map(), { colour: false });
      expectGoldens(sample, text === "" ? new Map() : new Map([["diagnostics.txt", `${text.trimEnd()}\n`]]));
    });
  }
  if (sample.http.length > 0) {
    describe("compiled", () => exercise(sample, compiled));
    describe("interpreted", () => exercise(sample, interpreted));
  }
});

/** A gateway under test, whichever way it runs. */
interface Subject {
  readonly port: number;
  advance(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

function exercise(sample: Sample, start: (sample: Sample, environment: Readonly<Record<string, string>>) => Promise<Subject>): void {
  let upstream: RecordingUpstream;
  let subject: Subject | undefined;
  beforeAll(async () => {
    upstream = await startUpstream();
    subject = await start(sample, sampleEnvironment(upstream.url));
  });
  afterAll(async () => {
    await subject?.stop();
    await upstream.close();
  });
  for (const { file, cases } of sample.http) {
    describe(file, () => {
      it.each(cases)("$title", async (one) => {
        upstream.answer = one.upstream;
        if (one.advance > 0) await subject!.advance(one.advance);
        upstream.take();
        const received = await sendRequest(subject!.port, one.request);
        expectAnswer(received, one.answer);
        if (one.seen !== undefined) expectSeen(upstream.take(), one.seen);
      });
    });
  }
}

async function compiled(sample: Sample, environment: Readonly<Record<string, string>>): Promise<Subject> {
  const built = await buildForTest(sample.entry);
  expect(built.diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  const running: RunningGateway = await startGateway(built.out, environment);
  return {
    port: running.port,
    advance: running.advance,
    stop: async () => {
      await running.stop();
      built.dispose();
    },
  };
}

async function interpreted(sample: Sample, environment: Readonly<Record<string, string>>): Promise<Subject> {
  const { ir } = await checkGateway(sample.entry);
  const { monotonic, wall } = clock;
  let turned = 0;
  clock.monotonic = () => monotonic() + turned;
  clock.wall = () => wall() + turned;
  const serving: Serving = await serve(await interpret(ir!, environment), { port: 0, drainTimeout: 0 });
  return {
    port: serving.port,
    advance: async (milliseconds) => {
      turned += milliseconds;
    },
    stop: async () => {
      await serving.close();
      Object.assign(clock, { monotonic, wall });
    },
  };
}
