import { expect, it } from "vitest";
import { MemoryAnswers } from "../../../runtime/caching/memory-answers.ts";
import { keepCoded, type StoredAnswer, storedHead } from "../../../runtime/caching/stored-answer.ts";

const answer: StoredAnswer = {
  status: 200,
  head: storedHead([]),
  body: Buffer.alloc(0),
  etag: undefined,
  lastModified: undefined,
  receivedAt: 0,
  age: 0,
  lifetime: 1_000,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  isAskedFirst: false,
  isNeverStale: false,
  varied: [],
  variant: "",
};

it("counts the URI by which an answer is dropped: a client chooses how long it is", () => {
  const answers = new MemoryAnswers(1_000_000);
  for (let index = 0; index < 1_000; index++)
    answers.put(`key ${index}`, `http://a/${index}?${"x".repeat(8_000)}`, { variants: [answer] });
  expect(answers.figures.resources).toBeLessThan(1_000_000 / 8_000);
});

it("counts the names that an answer varies by", () => {
  const answers = new MemoryAnswers(1_000_000);
  const varied = Array.from({ length: 500 }, (_, index) => `field-${index}`);
  for (let index = 0; index < 1_000; index++)
    answers.put(`key ${index}`, `http://a/${index}`, { variants: [{ ...answer, varied }] });
  expect(answers.figures.resources).toBeLessThan(1_000_000 / (500 * 40));
});

it("counts what is kept of an answer in content codings, which leaves with it", () => {
  const answers = new MemoryAnswers(1_000_000);
  const stored = { ...answer, body: Buffer.alloc(10_000) };
  answers.put("key", "http://a/", { variants: [stored] });
  const before = answers.figures.bytes;
  keepCoded(stored, "gzip", Buffer.alloc(3_000));
  expect(answers.figures.bytes - before).toBeGreaterThanOrEqual(3_000);
  answers.invalidate("http://a/");
  expect(answers.figures.bytes).toBe(0);
  keepCoded(stored, "br", Buffer.alloc(3_000));
  expect(answers.figures.bytes, "somebody still sends it").toBe(0);
});

it("lets others go for what is kept in content codings, and the codings where there is no room", () => {
  const answers = new MemoryAnswers(100_000);
  for (let index = 0; index < 20; index++) {
    const stored = { ...answer, body: Buffer.alloc(10_000) };
    answers.put(`key ${index}`, `http://a/${index}`, { variants: [stored] });
    keepCoded(stored, "gzip", Buffer.alloc(5_000));
    expect(answers.figures.bytes).toBeLessThanOrEqual(100_000);
  }
  expect(answers.figures.evicted).toBeGreaterThan(10);
  const stored = { ...answer, body: Buffer.alloc(10_000) };
  answers.put("large", "http://a/large", { variants: [stored] });
  keepCoded(stored, "gzip", Buffer.alloc(60_000));
  expect(stored.coded).toBeUndefined();
  expect(answers.get("large")).toBeDefined();
});
