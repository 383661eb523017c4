import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAst } from "vite";
import { describe, expect, it } from "vitest";
import { analysePattern } from "../../compiler/contract/schemas/patterns/analyse.ts";
import { repository } from "../harness/sample.ts";

/** Readers that outgrow their text, and what bounds it. They show that one that does is found. */
const bounded: Readonly<Record<string, string>> = {
  "validation/formats/punycode decodePunycode": "labels of names of at most 253 characters",
};

describe("readers of untrusted text", () => {
  it("take at most five times the steps for four times the text, and all of them are looked at", async () => {
    const script = join(repository, "test/contract/linear-readers/measure.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [script], { maxBuffer: 1 << 26 });
    const found = JSON.parse(stdout) as Record<"unknown" | "wrong" | "failures", string[]> &
      Record<"readers" | "measured", number>;
    expect(found.unknown, "exports that test/contract/linear-readers/readers.mjs does not name").toEqual([]);
    expect(found.failures).toEqual([]);
    expect([...new Set(found.wrong.map((line) => line.split(":")[0]!))], found.wrong.slice(0, 20).join("\n")).toEqual(
      Object.keys(bounded),
    );
    expect(found.readers).toBeGreaterThan(100);
    expect(found.measured).toBeGreaterThan(40_000);
  }, 600_000);
});

/** Expressions that a matcher may need more steps for than their text has characters, and what bounds it. */
const boundedExpressions: Readonly<Record<string, string>> = {
  "expressions/duration.js (\\d*)\\.?(\\d*)(h|ms|m|s|us|µs|μs|ns)": "durations that were read before, of at most 400 characters",
  "expressions/duration.js 0+$": "nine digits",
  "expressions/timestamp.js 0+$": "nine digits",
  "process/environment.js \\$\\{env:(\\w*)(?::-([^}]*))?\\}": "settings, when a gateway starts",
  "upstream/names.js ^(?:search|domain)[ \\t]+(.*)$": "the configuration of the system's resolver",
  "validation/formats/ip.js ^(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}$": "four numbers of three digits",
};

describe("regular expressions of the run-time library", () => {
  const folder = join(repository, "dist/runtime");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  const expressions = files.flatMap((file) =>
    patternsOf(parseAst(readFileSync(join(folder, file), "utf8"))).map((pattern) => ({ file, pattern })),
  );

  it("are proven to take steps in proportion to the text, or see bounded text only", () => {
    const unproven = expressions
      .filter(({ pattern }) => analysePattern(pattern).by !== "engine")
      .map(({ file, pattern }) => `${file.replaceAll("\\", "/")} ${pattern}`)
      .filter((line) => !line.startsWith("validation/formats/bidi.js "));
    expect([...new Set(unproven)].sort()).toEqual(Object.keys(boundedExpressions).sort());
  });

  it("are found in the code", () => expect(expressions.length).toBeGreaterThan(80));
});

function patternsOf(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  if ("regex" in node) {
    const { pattern } = node.regex as { readonly pattern: string };
    return [pattern];
  }
  return Object.values(node).flatMap(patternsOf);
}
