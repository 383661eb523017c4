import { describe, expect, test } from "vitest";
import { formatDeviations, oldDeviations, requiredDeviations } from "./deviations.ts";
import { disagreements, hasSuite, jsonFiles, readGroups } from "./suite.ts";

/** A deviation that is no longer one fails too, so that the lists stay true. */
function compare(found: ReadonlyMap<string, string>, known: Readonly<Record<string, string>>): void {
  const isKnown = (name: string): boolean => Object.keys(known).some((prefix) => name.startsWith(prefix));
  expect([...found].filter(([name]) => !isKnown(name)).map(([name, outcome]) => `${name}: ${outcome}`)).toEqual([]);
  expect(Object.keys(known).filter((prefix) => ![...found.keys()].some((name) => name.startsWith(prefix)))).toEqual([]);
}

describe.skipIf(!hasSuite)("JSON Schema Test Suite, through emitted validators", () => {
  test("2020-12, required", async () => {
    const groups = readGroups("draft2020-12", jsonFiles("draft2020-12"));
    expect(groups.flatMap(({ cases }) => cases).length).toBeGreaterThan(1_200);
    compare(await disagreements(groups, "3.1.0"), requiredDeviations);
  });

  test("2020-12, formats", async () => {
    const groups = readGroups("draft2020-12/optional/format", jsonFiles("draft2020-12/optional/format"));
    compare(await disagreements(groups, "3.1.0"), formatDeviations);
  });

  test("2020-12, optional", async () => {
    const files = [
      "bignum.json",
      "ecmascript-regex.json",
      "float-overflow.json",
      "id.json",
      "non-bmp-regex.json",
      "refOfUnknownKeyword.json",
      "unknownKeyword.json",
    ];
    const groups = readGroups(
      "draft2020-12/optional",
      files.filter((file) => jsonFiles("draft2020-12/optional").includes(file)),
    );
    compare(await disagreements(groups, "3.1.0"), {});
  });

  test("draft 4, as far as OpenAPI 3.0 has it", async () => {
    const names = (
      "additionalProperties allOf anyOf default enum format infinite-loop-detection items maxItems maxLength maxProperties maximum " +
      "minItems minLength minProperties minimum multipleOf not oneOf pattern properties ref required type uniqueItems"
    ).split(" ");
    compare(
      await disagreements(
        readGroups(
          "draft4",
          names.map((name) => `${name}.json`),
        ),
        "3.0.3",
      ),
      oldDeviations,
    );
  });
});
