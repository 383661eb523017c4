import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAnswer, expectLogLine, expectOctets, expectSeen, metricsMismatch } from "./expect-http.ts";
import { sendOctets, sendRequest } from "./http-client.ts";
import type { HttpCase } from "./http-file.ts";
import { type RecordingUpstream, startUpstream } from "./recording-upstream.ts";
import type { Sample } from "./sample.ts";
import type { Project, StartSubject, Subject } from "./subject.ts";

/** A project with the requests to send to it. */
export type Exercise = Project & Pick<Sample, "http">;

/** Starts the gateway before services that record, and sends it every request. `environmentOf`: what it finds, for URLs of services. */
export function exercise(
  sample: Exercise,
  start: StartSubject,
  environmentOf: (upstreams: readonly string[]) => Readonly<Record<string, string>>,
): void {
  let upstream: RecordingUpstream;
  let subject: Subject;
  beforeAll(async () => {
    upstream = await startUpstream(3);
    subject = await start(sample, environmentOf(upstream.urls));
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
    await expect.poll(async () => metricsMismatch(await scrape(subject), one.metrics)).toBeUndefined();
  }
}

async function scrape({ adminPort }: Subject): Promise<string> {
  const request = { method: "GET", target: "/metrics", headers: [], body: "" };
  return (await sendRequest(adminPort!, request)).body;
}
