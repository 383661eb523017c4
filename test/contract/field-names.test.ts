import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { claimedFields, claimOf, claimRules } from "../../compiler/text/claimed-fields.ts";
import { isNeverTrailer, neverTrailers as saidOfTrailers } from "../../compiler/text/trailer-names.ts";
import { NameRules, ReceivedNames } from "../../runtime/http1/name-rules.ts";
import { neverTrailers } from "../../runtime/upstream/trailer-names.ts";
import { repository } from "../harness/sample.ts";

it("the compiler and the run-time library drop the same trailers", () => {
  expect(saidOfTrailers()).toEqual(neverTrailers());
  const rules = new NameRules(neverTrailers());
  for (const name of ["host", "content-type", "content-digest", "if-match", "accept-ranges", "x-sum", "sec-fetch-site"])
    expect(isNeverTrailer(name), name).toBe(rules.has(name));
});

describe("claims of clients", () => {
  const names = claimRules().map((rule) => rule.replace("!", "").replace("*", "x"));
  const rules = new NameRules(claimRules());
  const received = new ReceivedNames(claimRules());
  const asBytes = (name: string): boolean => {
    const bytes = Buffer.from(`a: b\r\n${name}: 1\r\n`, "latin1");
    return received.has(bytes, 6, 6 + name.length);
  };

  it.each(names)("%s is judged alike by the compiler and by the reader of heads, in every spelling", (name) => {
    const isClaim = claimOf(name) !== undefined;
    for (const spelling of [name, name.toUpperCase(), name.replaceAll("-", "_"), name.replaceAll("-", ".")]) {
      expect([rules.has(spelling), asBytes(spelling)], spelling).toEqual([isClaim, isClaim]);
    }
  });

  it.each("accept cookie content-type x-request-id x-api-key x-user-agent sec-fetch-site x x- x-a traceparent origin".split(" "))(
    "%s is none",
    (name) => {
      expect([claimOf(name), rules.has(name), asBytes(name)]).toEqual([undefined, false, false]);
    },
  );

  it("are in the page of the headers policy, with their source", () => {
    const page = readFileSync(join(repository, "compiler/policies/headers/README.md"), "utf8");
    const rows = claimedFields.map(
      ({ rules: all, says, source }) =>
        `| ${all.map((rule) => (rule.startsWith("!") ? `not \`${rule.slice(1)}\`` : `\`${rule}\``)).join(", ")} | ${says} | ${source} |`,
    );
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});
