import { expect, it } from "vitest";
import { MemoryAnswers } from "../../../runtime/caching/memory-answers.ts";
import { type StoredAnswer, storedHead } from "../../../runtime/caching/stored-answer.ts";

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
