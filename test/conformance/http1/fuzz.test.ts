import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { disagreement, outcomeOf } from "./agreement.ts";
import { answerBytes, offsetsOf, readEnds, requestBytes } from "./arbitrary-messages.ts";
import { isDifference, knownDifferences } from "./known-differences.ts";
import { cutAt, type Reading, shown } from "./message.ts";
import { nodeAnswer, nodeRequests } from "./node-readings.ts";
import { readAnswer } from "./read-answers.ts";
import { readRequests } from "./read-requests.ts";

/** `FUZZ_RUNS` searches longer, and `SEED` elsewhere; what fails is printed with its seed, as short as it can be. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 10_000);
const timeout = 60_000 + numRuns * 20;

const isWhole = ({ messages }: Reading): boolean => messages.some((message) => message.isWhole && !message.start.startsWith("1"));

function expectAgreement(bytes: Buffer, ours: Reading, node: Reading): void {
  const difference = disagreement(ours, node);
  if (difference === undefined || knownDifferences.some((one) => one.isMet(ours, bytes.toString("latin1")))) return;
  throw new Error(`${difference}\n${shown(bytes)}`);
}

describe("what the gateway accepts, Node reads in the same way", () => {
  test("requests", { timeout }, async () => {
    let accepted = 0;
    const property = fc.asyncProperty(requestBytes, async (bytes) => {
      const ours = readRequests([bytes]);
      if (isWhole(ours)) accepted++;
      expectAgreement(bytes, ours, await nodeRequests(bytes));
    });
    await fc.assert(property, { numRuns });
    // Bytes that are refused at once would prove nothing.
    expect(accepted).toBeGreaterThan(numRuns / 10);
  });

  test("answers", { timeout }, async () => {
    let accepted = 0;
    const property = fc.asyncProperty(answerBytes, fc.boolean(), fc.boolean(), async (bytes, isHead, isEnded) => {
      const ours = readAnswer([bytes], { isHead, isEnded });
      if (isWhole(ours)) accepted++;
      expectAgreement(bytes, ours, await nodeAnswer(bytes, { isHead, isEnded }));
    });
    await fc.assert(property, { numRuns });
    expect(accepted).toBeGreaterThan(numRuns / 10);
  });

  test.each(knownDifferences.filter(isDifference))(
    "but for a difference: $reason",
    async ({ example, isAnswer = false, isMet }) => {
      const bytes = Buffer.from(example);
      const ours = isAnswer ? readAnswer([bytes]) : readRequests([bytes]);
      expect(isMet(ours, example)).toBe(true);
      expect(disagreement(ours, isAnswer ? await nodeAnswer(bytes) : await nodeRequests(bytes)), "it has healed").toBeDefined();
    },
  );
});

describe("how bytes are cut into reads changes nothing", () => {
  test("requests", { timeout }, () => {
    const property = fc.property(requestBytes, readEnds, (bytes, ends) => {
      const cut = readRequests(cutAt(bytes, offsetsOf(ends, bytes.length)));
      expect(outcomeOf(cut), shown(bytes)).toBe(outcomeOf(readRequests([bytes])));
    });
    fc.assert(property, { numRuns });
  });

  test("answers", { timeout }, () => {
    const property = fc.property(answerBytes, fc.boolean(), fc.boolean(), readEnds, (bytes, isHead, isEnded, ends) => {
      const cut = readAnswer(cutAt(bytes, offsetsOf(ends, bytes.length)), { isHead, isEnded });
      expect(outcomeOf(cut), shown(bytes)).toBe(outcomeOf(readAnswer([bytes], { isHead, isEnded })));
    });
    fc.assert(property, { numRuns });
  });
});
