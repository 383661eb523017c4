import { describe, expect, it } from "vitest";
import type { AnswerMarks } from "../../../runtime/caching/purging/marks.ts";
import { keyOf, type Purge, type PurgeKind, purgedPrefix, purgedUri, purgeOf } from "../../../runtime/caching/purging/purge.ts";
import { PurgeLedger } from "../../../runtime/caching/purging/purge-ledger.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

const marksOf = (uri: string, more: Partial<AnswerMarks> = {}): AnswerMarks => ({
  tags: [],
  subject: undefined,
  uri,
  isWithoutQuery: false,
  ...more,
});

const hard = (kind: PurgeKind, name: string): Purge => ({ kind, name, isSoft: false });

/** What is purged, by the words of the documentation. */
function names({ kind, name }: Purge, { tags, subject, uri, isWithoutQuery }: AnswerMarks): boolean {
  const path = uri.slice(uri.indexOf("/", 2));
  switch (kind) {
    case "all":
      return true;
    case "tag":
      return tags.includes(name);
    case "subject":
      return subject === name;
    case "uri": {
      const wanted = isWithoutQuery ? name.split("?")[0]! : name;
      return wanted === uri || wanted === path;
    }
    case "prefix":
      return [uri, path].some(
        (text) => text.split("?")[0] === name || text.startsWith(`${name}/`) || text.startsWith(`${name}?`),
      );
  }
}

/** What tells purges apart: where the query makes no difference, one of a URI is for each query. */
const known = (purge: Purge, { isWithoutQuery }: AnswerMarks): string =>
  isWithoutQuery && purge.name.includes("?") ? `${purge.name.split("?")[0]}?` : keyOf(purge);

const answers: readonly AnswerMarks[] = [
  marksOf("//shop/"),
  marksOf("//shop/a"),
  marksOf("//shop/a?x=1", { tags: ["t0", "t1"] }),
  marksOf("//shop/a?x=1/b", { tags: ["t1"] }),
  marksOf("//shop/a", { isWithoutQuery: true }),
  marksOf("//shop/a/b", { tags: ["t2"], subject: "alice" }),
  marksOf("//shop/a/b/c", { subject: "bob" }),
  marksOf("//shop/ab", { tags: ["t0"] }),
  marksOf("//mall/a/b", { tags: ["t3", "t4"] }),
];

const uris = ["/", "/a", "/a?x=1", "/a/b", "/ab", "//shop/a", "//mall/a", "//shop/a?x=1", "//shop/a?y=2"];
const prefixes = ["/a", "//shop", "//shop/a", "/a/b", "//mall/a/b", "/z/y/x"];

function purgeBy(chance: () => number): Purge {
  const among = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(chance() * things.length)]!;
  const isSoft = chance() < 0.4;
  const roll = chance();
  if (roll < 0.05) return { kind: "all", name: "", isSoft };
  if (roll < 0.35) return { kind: "uri", name: among(uris), isSoft };
  if (roll < 0.55) return { kind: "prefix", name: among(prefixes), isSoft };
  if (roll < 0.85) return { kind: "tag", name: `t${Math.floor(chance() * 8)}`, isSoft };
  return { kind: "subject", name: among(["alice", "bob", "carol"]), isSoft };
}

/** Many short histories of purges: what became of an answer of each age, against all purges one by one. */
function compare(most: number, check: (found: "valid" | "gone" | number, wanted: "valid" | "gone" | number) => void): void {
  const chance = seededChance(31);
  for (let history = 0; history < 120; history++) {
    const ledger = new PurgeLedger(most);
    const done: { readonly purge: Purge; readonly number: number; readonly at: number }[] = [];
    for (let number = 1; number <= 12; number++) {
      const purge = purgeBy(chance);
      const at = number * 100;
      ledger.add(purge, number, at);
      done.push({ purge, number, at });
      for (const marks of answers) {
        const since = Math.floor(chance() * (number + 1));
        const about = done.filter((one) => one.number > since && names(one.purge, marks));
        // Of several soft ones for a name the last one counts.
        const lasts = new Map(about.map(({ purge: one, at: when }) => [known(one, marks), when]));
        const wanted = about.some(({ purge: { isSoft } }) => !isSoft)
          ? "gone"
          : lasts.size === 0
            ? "valid"
            : Math.min(...lasts.values());
        check(ledger.stateOf(marks, since), wanted);
      }
    }
  }
}

describe("a ledger of purges", () => {
  it("judges answers as all purges one by one would", () => {
    let compared = 0;
    compare(1_000, (found, wanted) => {
      expect(found).toBe(wanted);
      compared++;
    });
    expect(compared).toBe(120 * 12 * answers.length);
  });

  it("that has room for three names purges all that it should, and little else", () => {
    let more = 0;
    let all = 0;
    const rank = (state: "valid" | "gone" | number): number => (state === "gone" ? 0 : state === "valid" ? 2 : 1);
    compare(3, (found, wanted) => {
      all++;
      if (rank(found) < rank(wanted)) more++;
      expect(rank(found)).toBeLessThanOrEqual(rank(wanted));
    });
    expect(more / all).toBeLessThan(0.02);
  });

  it("does not grow beyond its bound, however much is purged", () => {
    const ledger = new PurgeLedger(100);
    for (let number = 1; number <= 50_000; number++) ledger.add(hard("tag", `tag ${number}`), number, number);
    expect(ledger.size).toBeLessThanOrEqual(100 + 16_384);
    for (const tag of ["tag 1", "tag 25000", "tag 50000"]) {
      const marks = marksOf("//shop/a", { tags: [tag] });
      expect([ledger.stateOf(marks, Number(tag.slice(4)) - 1), ledger.stateOf(marks, 50_000)]).toEqual(["gone", "valid"]);
    }
  });

  it("purges a URI for each query where the cache does not go by it", () => {
    const ledger = new PurgeLedger(1);
    ledger.add(hard("uri", "/a?x=1"), 1, 0);
    const state = (marks: AnswerMarks) => ledger.stateOf(marks, 0);
    expect(state(marksOf("//shop/a", { isWithoutQuery: true }))).toBe("gone");
    expect(state(marksOf("//shop/b", { isWithoutQuery: true }))).toBe("valid");
    // There is room for one name, of which the purge has two: all of the path is in its group.
    expect(state(marksOf("//shop/a?x=1"))).toBe("gone");
  });

  it("reads what it wrote, and nothing else", () => {
    for (const purge of [hard("all", ""), hard("tag", "a b\nc"), { ...hard("uri", "/a?x=all"), isSoft: true }])
      expect(purgeOf(keyOf(purge))).toEqual(purge);
    for (const text of ["", "hard", "hard all x", "hard tag", "gone tag x", "group hard 7", "begin"])
      expect(purgeOf(text)).toBeUndefined();
  });
});

describe("what is to be purged", () => {
  it.each([
    ["https://Shop.Example.com/V1/%7Ea?x=1#part", "//shop.example.com/V1/~a?x=1"],
    ["http://shop:8080", "//shop:8080/"],
    ["http://shop:80/a", "//shop/a"],
    ["https://Shop.:0443/a", "//shop/a"],
    ["http://shop:443/a", "//shop:443/a"],
    ["http://[2001:DB8::1]/a", "//[2001:db8::1]/a"],
    ["http://[2001:db8::1]:80/a", "//[2001:db8::1]/a"],
    ["http://shop%2f/a", undefined],
    ["/v1/a b", undefined],
    ["/v1/%e2%82%ac", "/v1/%E2%82%AC"],
    ["v1/a", undefined],
    ["ftp://shop/a", undefined],
    ["/a/../b", undefined],
    ["https://me@shop/a", undefined],
    ["/a?x=\u00e9", undefined],
  ])("as a URI: %s", (text, uri) => expect(purgedUri(text)).toBe(uri));

  it("is not a URI that is longer than any", () => expect(purgedUri(`/${"a".repeat(8_192)}`)).toBeUndefined());

  it.each([
    ["https://shop/", "//shop"],
    ["/v1/", "/v1"],
    ["/", ""],
    ["/v1?x=1", undefined],
  ])("as a prefix: %s", (text, prefix) => expect(purgedPrefix(text)).toBe(prefix));
});
