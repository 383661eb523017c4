import { expect, it } from "vitest";
import { generate } from "../../compiler/generate/index.ts";
import { repository } from "../harness/sample.ts";

it("generated files are what `npm run generate` makes of their sources", async () => {
  const out = await generate(repository);
  expect(out.problems).toEqual([]);
  expect(out.differences(repository)).toEqual([]);
});

it("the generators give the same bytes twice", async () => {
  const [one, other] = await Promise.all([generate(repository), generate(repository)]);
  expect([...one.files]).toEqual([...other.files]);
});
