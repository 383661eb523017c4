import { METHODS } from "node:http";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { requestBytes } from "../arbitrary-messages.ts";
import { shown } from "../message.ts";
import { readRequests } from "../read-requests.ts";
import { framingProblem } from "./framing-upstream.ts";
import { closed, through } from "./through-gateway.ts";
import { last } from "./wire-case.ts";

afterAll(closed);

const numRuns = Math.ceil(Number(process.env.FUZZ_RUNS ?? 10_000) / 25);

/** Asks the gateway itself, also in absolute form with an empty path (RFC 9112 §3.2.4). */
const isOfServer = /^OPTIONS (?:\*|https?:\/\/[^/?]*) /i;

test("generated requests reach a service as they were read, and in no other number", {
  timeout: 60_000 + numRuns * 200,
}, async () => {
  let served = 0;
  const property = fc.asyncProperty(requestBytes, async (bytes) => {
    const whole = Buffer.concat([bytes, Buffer.from(last)]);
    const { messages, end } = readRequests([whole]);
    // Nobody would end the connection where the last message is not whole, and Node's server knows some methods only.
    const isUnknown = messages.some(({ start }) => !METHODS.includes(start.split(" ")[0]!));
    fc.pre(end !== "more" && !isUnknown);
    const expected = messages
      .filter(({ isWhole, isRefused, start }) => isWhole && !isRefused && !isOfServer.test(start))
      .map(({ start, body }) => [start.split(" ")[0], body]);
    const { upstream } = await through(whole.toString("latin1"));
    expect(
      upstream.served.map(({ request, body }) => [request.split(" ")[0], body]),
      shown(whole),
    ).toEqual(expected);
    expect(upstream.problem, shown(whole)).toBeUndefined();
    expect(
      upstream.bytes.map(framingProblem).filter((problem) => problem !== undefined),
      shown(whole),
    ).toEqual([]);
    served += upstream.served.length;
  });
  await fc.assert(property, { numRuns });
  expect(served).toBeGreaterThan(numRuns / 10);
});
