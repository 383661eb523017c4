import { describe, expect, test } from "vitest";
import { mostTexts, perfectHash, rollingHash, slotOf } from "../../../compiler/phases/5-emit/matcher/perfect-hash.ts";

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);

describe.each([1, 2, 13, 1_000, mostTexts])("a hash over %i texts", (count) => {
  test("has a slot for each, and finds it", () => {
    const known = texts(count);
    const hash = perfectHash(known)!;
    expect(new Set(hash.slots)).toEqual(new Set(known));
    const wrong = known.filter((text) => {
      const rolled = rollingHash(text, hash.multiplier);
      return hash.slots[slotOf(rolled, hash.displacements[rolled & (hash.displacements.length - 1)]!, count)] !== text;
    });
    expect(wrong).toEqual([]);
  });
});

test("more texts than slots are made for have no hash", () => {
  expect(perfectHash(texts(mostTexts + 1))).toBeUndefined();
});

test("texts that collide under one multiplier get another", () => {
  // 31 × "A" + "a" = 31 × "B" + "B": the well-known pair of Java's String.hashCode.
  expect(rollingHash("Aa", 31)).toBe(rollingHash("BB", 31));
  expect(perfectHash(["Aa", "BB"])!.multiplier).not.toBe(31);
});
