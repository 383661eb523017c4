import { expect, it } from "vitest";
import { patience } from "../harness/patience.ts";
import { sourceFiles } from "./source-files.ts";

/** What of a test's text hangs on how quick the machine is: waits that are too short, and time that is compared with a bound. */
function hasty(text: string): readonly string[] {
  const waits = [...text.matchAll(/\b(?:expect\s*\.poll|vi\s*\.waitFor|vi\s*\.waitUntil)\(/g)].map(({ index }) =>
    callAt(text, index),
  );
  const short = waits.filter((call) => {
    const bound = /\{[^{}]*\btimeout: ([\d_]+)[^{}]*\},?\s*\)$/.exec(call)?.[1];
    return bound !== undefined && Number(bound.replaceAll("_", "")) < patience;
  });
  const timed = text.match(/expect\([^\n]*\b(?:performance|Date)\.now\(\) - [^\n]*\)\s*\.toBeLessThan(?:OrEqual)?\([^\n]*/g);
  return [...short, ...(timed ?? [])];
}

/** From where it begins up to its closing bracket. */
function callAt(text: string, from: number): string {
  let depth = 0;
  for (let index = text.indexOf("(", from); index < text.length; index++) {
    if ("([{".includes(text[index]!)) depth++;
    else if (")]}".includes(text[index]!) && --depth === 0) return text.slice(from, index + 1);
  }
  return text.slice(from);
}

it("no test hangs on how quick the machine is", () => {
  // Benchmarks measure, and this file shows what is found.
  const files = sourceFiles("test").filter(({ path }) => !/^test\/(?:bench\/|contract\/patience)/.test(path));
  expect(files.flatMap(({ path, text }) => hasty(text).map((found) => `${path}: ${found}`))).toEqual([]);
});

it.each([
  "await expect.poll(() => seen.length, { timeout: 5_000 }).toBe(1);",
  "await vi.waitFor(() => expect(seen({ a: [1] })).toBe(1), { interval: 5, timeout: 900 });",
  "expect(performance.now() - begun).toBeLessThan(1_500);",
  "expect(Math.round(Date.now() - begun)).toBeLessThanOrEqual(2_000);",
])("finds %s", (text) => expect(hasty(text)).toHaveLength(1));

it.each([
  "await expect.poll(() => answers({ timeout: 100 }).length).toBe(1);",
  "await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(1);",
  "expect(performance.now() - begun).toBeGreaterThan(200);",
])("lets %s pass", (text) => expect(hasty(text)).toEqual([]));
