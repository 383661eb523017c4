import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { disagreement, outcomeOf } from "../agreement.ts";
import { knownDifferences } from "../known-differences.ts";
import { cutAt, type Reading, shown } from "../message.ts";
import { nodeAnswer, nodeRequests } from "../node-readings.ts";
import { readAnswer } from "../read-answers.ts";
import { readRequests } from "../read-requests.ts";
import { type Fixture, readFixtures } from "./fixtures.ts";

/**
 * The cases of llhttp, the parser of Node. `known-deviations.md` names those that the gateway reads otherwise, or not at
 * all, by reason; one that heals has to be taken off the list. `GATEWRIGHT_LLHTTP` names the folder with the cases.
 */
const folder = process.env.GATEWRIGHT_LLHTTP ?? new URL("../../../../../shared/corpus/http/llhttp", import.meta.url).pathname;

const fixtures = readFixtures(folder);

const isAnswer = ({ type }: Fixture): boolean => type.startsWith("response");
const isLenient = ({ type }: Fixture): boolean => type.includes("-lenient");

const read = (fixture: Fixture, pieces: readonly Buffer[]): Reading =>
  isAnswer(fixture) ? readAnswer(pieces) : readRequests(pieces, { demandsHost: false });

/** What the gateway does that llhttp does not; undefined where both do the same. */
function deviation(fixture: Fixture): string | undefined {
  const { bytes, expected } = fixture;
  const ours = read(fixture, [bytes]);
  const difference = disagreement(ours, expected);
  if (difference !== undefined) return difference;
  if (expected.end === "refused") return ours.end === "refused" ? undefined : `reads on (${ours.end}) where llhttp refuses`;
  if (ours.messages.some((message) => message.isRefused)) return "answers with an error";
  if (ours.end === "refused") return "refuses";
  const [mine, theirs] = [ours, expected].map(({ messages }) => messages.filter(({ isWhole }) => isWhole).length);
  return mine === theirs ? undefined : `reads ${mine} of ${theirs} messages`;
}

/** Names of cases by reason. */
function knownDeviations(): Map<string, string> {
  const text = readFileSync(new URL("known-deviations.md", import.meta.url), "utf8");
  const known = new Map<string, string>();
  let reason = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) reason = line.slice(3);
    else if (line.startsWith("- ")) known.set(line.slice(2), reason);
  }
  return known;
}

describe.skipIf(fixtures.length === 0)("llhttp", () => {
  const known = knownDeviations();
  const strict = fixtures.filter((fixture) => !isLenient(fixture));

  test("every case is there", () => {
    expect(strict.length).toBeGreaterThan(150);
    const names = new Set(fixtures.map(({ name }) => name));
    const doubled = strict.map(({ name }) => name).filter((name, index, all) => all.indexOf(name) !== index && known.has(name));
    expect(doubled).toEqual([]);
    expect([...known.keys()].filter((name) => !names.has(name))).toEqual([]);
  });

  test.each(strict)("$name", (fixture) => {
    const found = deviation(fixture);
    if (known.has(fixture.name)) expect(found, "it has healed: take it off known-deviations.md").toBeDefined();
    else expect(found, shown(fixture.bytes)).toBeUndefined();
  });

  test.each(fixtures.filter(isLenient))("$name ($type) is refused, or read as if there were no leniency", async (fixture) => {
    const { bytes } = fixture;
    const ours = read(fixture, [bytes]);
    if (knownDifferences.some((one) => one.isMet(ours, bytes.toString("latin1")))) return;
    expect(disagreement(ours, await (isAnswer(fixture) ? nodeAnswer(bytes) : nodeRequests(bytes))), shown(bytes)).toBeUndefined();
  });

  test.each(fixtures)("$name, however it is cut", (fixture) => {
    const { bytes } = fixture;
    const outcome = outcomeOf(read(fixture, [bytes]));
    for (let at = 1; at < bytes.length; at++) expect(outcomeOf(read(fixture, cutAt(bytes, [at]))), `cut at ${at}`).toBe(outcome);
    const single = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    expect(outcomeOf(read(fixture, cutAt(bytes, single))), "octet by octet").toBe(outcome);
  });
});
