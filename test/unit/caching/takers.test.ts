import { expect, it } from "vitest";
import { BodyBudget } from "../../../runtime/body/hold.ts";
import { MemoryAnswers } from "../../../runtime/caching/memory-answers.ts";
import { keepCoded, type StoredAnswer, sizeOfContent, storedHead, withVariant } from "../../../runtime/caching/stored-answer.ts";
import { Takers } from "../../../runtime/caching/takers.ts";

const answer = (bytes: number, variant = ""): StoredAnswer => ({
  status: 200,
  head: storedHead([]),
  body: Buffer.alloc(bytes),
  etag: undefined,
  lastModified: undefined,
  receivedAt: 0,
  age: 0,
  lifetime: 1_000,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  isAskedFirst: false,
  isNeverStale: false,
  varied: ["accept"],
  variant,
});

const taken = (stored: StoredAnswer, budget: BodyBudget): void => {
  stored.takers ??= new Takers();
  stored.takers.begun(budget, sizeOfContent(stored));
};

it("counts what has left a cache once, however many take it, up to the last of them", () => {
  const [answers, budget, stored] = [new MemoryAnswers(1_000_000), new BodyBudget(1_000), answer(10_000)];
  answers.put("key", "http://a/", { variants: [stored] });
  for (let index = 0; index < 3; index++) taken(stored, budget);
  keepCoded(stored, "gzip", Buffer.alloc(2_000));
  expect(budget.held, "the cache counts it").toBe(0);
  answers.invalidate("http://a/");
  // More than there is room for: it is in memory all the same.
  expect(budget.held).toBe(sizeOfContent(stored));
  expect([budget.held >= 12_000, budget.refused]).toEqual([true, 0]);
  taken(stored, budget);
  expect(budget.held).toBe(sizeOfContent(stored));
  for (let index = 0; index < 4; index++) {
    expect(budget.held).toBe(sizeOfContent(stored));
    stored.takers!.ended();
  }
  expect(budget.held).toBe(0);
});

it("counts nothing where nobody takes it, nor of what another answer for the key leaves there", () => {
  const [answers, budget] = [new MemoryAnswers(1_000_000), new BodyBudget(100_000)];
  const [one, other] = [answer(10_000, "a"), answer(20_000, "b")];
  answers.put("key", "http://a/", { variants: [one] });
  taken(one, budget);
  answers.put("key", "http://a/", withVariant(answers.get("key"), other));
  expect(budget.held).toBe(0);
  // A 304 made it new: the bytes are the same.
  const renewed = { ...one, age: 1 };
  answers.put("key", "http://a/", withVariant(answers.get("key"), renewed));
  expect(budget.held).toBe(0);
  answers.clear();
  expect(budget.held).toBe(10_000);
  one.takers!.ended();
  expect(budget.held).toBe(0);
});

it("counts what is not kept for want of room, or has to go at once, while somebody takes it", () => {
  const [answers, budget] = [new MemoryAnswers(30_000), new BodyBudget(100_000)];
  const large = answer(20_000);
  taken(large, budget);
  expect(budget.held).toBe(20_000);
  answers.put("large", "http://a/", { variants: [large] });
  expect(budget.held, "it is larger than half of the cache").toBe(20_000);
  large.takers!.ended();
  expect(budget.held).toBe(0);
  const stored = Array.from({ length: 5 }, () => answer(12_000));
  for (const [index, one] of stored.entries()) {
    answers.put(`key ${index}`, `http://a/${index}`, { variants: [one] });
    taken(one, budget);
  }
  const gone = stored.filter((_, index) => answers.get(`key ${index}`) === undefined);
  expect(gone.length).toBeGreaterThan(0);
  expect(budget.held).toBe(gone.length * 12_000);
  answers.clear();
  expect(budget.held).toBe(5 * 12_000);
  for (const one of stored) one.takers!.ended();
  expect(budget.held).toBe(0);
});
