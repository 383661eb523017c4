import { afterAll, describe, expect, test } from "vitest";
import { disagreement, outcomeOf } from "../agreement.ts";
import { knownDifferences } from "../known-differences.ts";
import { cutAt, shown } from "../message.ts";
import { nodeRequests } from "../node-readings.ts";
import { readRequests } from "../read-requests.ts";
import { chunks } from "./chunks.ts";
import { contentLength } from "./content-length.ts";
import { framingProblem } from "./framing-upstream.ts";
import { heads } from "./heads.ts";
import { closed, through } from "./through-gateway.ts";
import { transferEncoding } from "./transfer-encoding.ts";
import { last, type WireCase } from "./wire-case.ts";

const groups = [...transferEncoding, ...contentLength, ...chunks, ...heads];

afterAll(closed);

/** As much of the bytes as helps. */
const begin = (bytes: Buffer): string => shown(bytes.subarray(0, 400));

describe.each(groups)("$title", ({ cases }) => {
  test.each(cases)("$name", async ({ bytes, outcome }: WireCase) => {
    const { statuses, upstream } = await through(bytes + last);
    const seen = upstream.served.map(({ request }) => request);
    let next = 0;
    const happened = statuses.map((status) => (status === 200 && next < seen.length ? seen[next++] : status));
    expect([...happened, ...seen.slice(next)]).toEqual(outcome);
    expect(upstream.problem, "what the service cannot read").toBeUndefined();
    expect(upstream.bytes.map(framingProblem).filter((problem) => problem !== undefined)).toEqual([]);
    // What the service took for the content is what the client sent as such.
    const sent = readRequests([Buffer.from(bytes + last, "latin1")]).messages.filter(({ isRefused }) => !isRefused);
    for (const [index, { body }] of upstream.served.entries()) expect(body).toBe(sent[index]?.body);
  });

  test.each(cases.filter(({ bytes }, index) => index % 8 === 0 && bytes.length < 500))("$name, octet by octet", async (one) => {
    const { statuses, upstream } = await through(one.bytes + last, true);
    expect(statuses.filter((status) => status !== 200 && status !== 100)).toEqual(
      one.outcome.filter((part) => typeof part === "number"),
    );
    expect(upstream.served.map(({ request }) => request)).toEqual(one.outcome.filter((part) => typeof part === "string"));
    expect(upstream.bytes.map(framingProblem).filter((problem) => problem !== undefined)).toEqual([]);
  });

  test.each(cases)("$name, to Node", async ({ bytes }: WireCase) => {
    const whole = Buffer.from(bytes + last, "latin1");
    const ours = readRequests([whole]);
    if (knownDifferences.some((one) => one.isMet(ours, bytes))) return;
    expect(disagreement(ours, await nodeRequests(whole)), begin(whole)).toBeUndefined();
  });

  test.each(cases)("$name, in two reads", ({ bytes }: WireCase) => {
    const whole = Buffer.from(bytes + last, "latin1");
    const outcome = outcomeOf(readRequests([whole]));
    const step = Math.max(1, Math.floor(whole.length / 512));
    for (let at = 1; at < whole.length; at += step)
      expect(outcomeOf(readRequests(cutAt(whole, [at]))) === outcome, `cut at ${at}: ${begin(whole)}`).toBe(true);
    const single = Array.from({ length: Math.min(whole.length - 1, 4_096) }, (_, index) => index + 1);
    expect(outcomeOf(readRequests(cutAt(whole, single))) === outcome, `octet by octet: ${begin(whole)}`).toBe(true);
  });
});
