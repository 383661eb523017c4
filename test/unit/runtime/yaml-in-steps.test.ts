import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { yamlInSteps } from "../../../runtime/files/yaml.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

/** What a text says, in how many steps. */
function read(text: string): { readonly value: unknown; readonly steps: number } {
  const taken: unknown[] = [];
  const reading = yamlInSteps(text, (entry) => taken.push(entry));
  let steps = 1;
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return { value: Array.isArray(value) ? [...(value as unknown[]), ...taken] : value, steps };
    steps++;
  }
}

const many = (entry: string, count = 20): string => entry.repeat(count);

describe("a list is read in steps, and says what it says as a whole", () => {
  it.each([
    ["addresses", many("- 10.0.0.7:8080\n")],
    ["maps in one line", many('- { address: "10.0.0.7:8080", weight: 2 }\n')],
    ["maps over lines", many("- address: 10.0.0.7:8080\n  metadata:\n    - a\n    - b\n\n")],
    ["what begins behind its dash", many("-\n  address: 10.0.0.7:8080\n")],
    ["comments and empty lines", `# list\n\n${many("- a # one\n# two\n\n  # three\n")}`],
    ["lines of Windows", many("- address: a\r\n  weight: 2\r\n\r\n# c\r\n")],
    ["the begin of a document", `---\n${many("- a\n")}`],
    ["texts of several lines", many('- "a\n  - b"\n- |\n  - c\n\n  d\n- >-\n  e\n  f\n- g\n  h\n')],
    ["lists over lines", many("- [a,\n   b]\n- - c\n  - d\n")],
    ["no line at its end", `${many("- a\n")}- b`],
    ["keys that are members of objects", many("- { __proto__: 1, constructor: 2 }\n")],
    ["a merge key that is none", many("- { <<: { a: 1 } }\n")],
  ])("%s", (_, text) => {
    const { value, steps } = read(text);
    expect(value).toEqual(parse(text));
    expect(steps).toBeGreaterThan(4);
  });

  it("made up of whatever lines", () => {
    const chance = seededChance(11);
    const parts = ["- a\n", "- b: 1\n  c: 2\n", "-\n", "\n", "# x\n", "  d: e\n", "- |\n  f\n", "  - g\n", "- [h,\n  i]\n", "- 'j\n", "k\n", "--- \n"]; // biome-ignore format: one line
    const outcome = (of: () => unknown): unknown => {
      try {
        return of();
      } catch {
        return "no YAML";
      }
    };
    const seen = { good: 0, bad: 0 };
    for (let run = 0; run < 2_000; run++) {
      const text = Array.from({ length: 1 + Math.floor(chance() * 9) }, () => {
        // Mostly such as go together.
        const bound = chance() < 0.85 ? 7 : parts.length;
        return parts[Math.floor(chance() * bound)]!;
      }).join("");
      const whole = outcome(() => parse(text) as unknown);
      expect(
        outcome(() => read(text).value),
        JSON.stringify(text),
      ).toEqual(whole);
      seen[whole === "no YAML" ? "bad" : "good"]++;
    }
    expect(seen.good).toBeGreaterThan(300);
    expect(seen.bad).toBeGreaterThan(100);
  });
});

it.each([
  ["a map", "a: 1\n"],
  ["a text", "a"],
  ["nothing", ""],
  ["only comments", "# a\n"],
  ["a list in one line", "[a, b]"],
  ["a list that is indented", "  - a\n  - b\n"],
  ["anchors and aliases", "- &a { address: b }\n- *a\n- c\n"],
])("what is no such list is read at once: %s", (_, text) => {
  const { value, steps } = read(text);
  expect([value, steps]).toEqual([parse(text), 1]);
});

it("what is no YAML is told with its line in the whole", () => {
  expect(() => read(`${many("- a\n", 30)}- { b: \n${many("- c\n")}`)).toThrow(/line 3[12]/);
});

it("aliases make no more of little than before", () => {
  const bomb = `- &a [x, x, x, x, x, x, x, x, x, x]\n- &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n- [${Array(30).fill("*b").join(", ")}]\n`;
  expect(() => read(bomb)).toThrow(/alias/i);
});
