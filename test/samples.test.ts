import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderText } from "../compiler/diagnostics/render/text.ts";
import { checkGateway } from "../compiler/index.ts";
import { expectAnswer, expectLogLine, expectOctets, expectSeen, metricsMismatch } from "./harness/expect-http.ts";
import { expectGoldens } from "./harness/golden.ts";
import { sendOctets, sendRequest } from "./harness/http-client.ts";
import type { HttpCase } from "./harness/http-file.ts";
import { type RecordingUpstream, startUpstream } from "./harness/recording-upstream.ts";
import { findSamples, type Sample } from "./harness/sample.ts";
import { sampleEnvironment } from "./harness/sample-environment.ts";
import { type StartSubject, type Subject, startCompiled, startInterpreted } from "./harness/subject.ts";

describe.each(findSamples())("$name", (sample) => {
  it("gives the expected diagnostics", async () => {
    const checked = await checkGateway(sample.entry);
    const text = renderText(checked.diagnostics, checked.sources?.files ?? new Map(), { colour: false });
    expectGoldens(sample, text === "" ? new Map() : new Map([["diagnostics.txt", `${text.trimEnd()}\n`]]));
  });
  if (sample.http.length === 0) {
    it("has requests, or diagnostics", () => expect([...sample.expected.keys()]).toEqual(["diagnostics.txt"]));
    return;
  }
  describe("compiled", () => exercise(sample, startCompiled));
  describe("interpreted", () => exercise(sample, startInterpreted));
});

function exercise(sample: Sample, start: StartSubject): void {
  let upstream: RecordingUpstream;
  let subject: Subject;
  beforeAll(async () => {
    upstream = await startUpstream(3);
    subject = await start(sample, sampleEnvironment(upstream.urls));
  });
  afterAll(async () => {
    await subject?.stop();
    await upstream.close();
  });
  for (const { file, cases } of sample.http) {
    describe(file, () => {
      it.each(cases)("$title", async (one) => exerciseCase(one, upstream, subject));
    });
  }
}

async function exerciseCase(one: HttpCase, upstream: RecordingUpstream, subject: Subject): Promise<void> {
  upstream.answer = one.upstream;
  upstream.take();
  // The clock of the gateway stands still: nobody could wait for a service that says nothing.
  upstream.onSilence = () => void subject.advance(600_000);
  if (one.advance > 0) await subject.advance(one.advance);
  if (one.raw !== undefined) expectOctets(await sendOctets(subject.port, one.raw), one.rawAnswer!);
  else expectAnswer(await sendRequest(subject.port, one.request), one.answer!);
  if (one.seen !== undefined) expectSeen(upstream.take(), one.seen);
  if (one.log === "nothing") expect(subject.log.left, "lines that were logged").toEqual([]);
  else if (one.log !== undefined) expectLogLine(await subject.log.next(), one.log);
  if (one.metrics.length > 0) {
    // Requests are counted after the last byte of the answer, which the client may have read before.
    await expect.poll(async () => metricsMismatch(await scrape(subject), one.metrics), { timeout: 10_000 }).toBeUndefined();
  }
}

async function scrape({ adminPort }: Subject): Promise<string> {
  const request = { method: "GET", target: "/metrics", headers: [], body: "" };
  return (await sendRequest(adminPort!, request)).body;
}
