import { expect, test } from "vitest";
import { refuse } from "../../../runtime/answers/problem.ts";
import { reportOnly } from "../../../runtime/answers/report-only.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

test("notes what a step would have answered and drops the answer", () => {
  const x = fakeExchange();
  refuse(x, { status: 429, slug: "rate-limited", title: "Slow down", source: "rateLimit" });
  reportOnly(x, "rateLimit");
  expect(x.answer).toBeUndefined();
  expect(x.reports).toEqual([{ policy: "rateLimit", status: 429, type: "urn:gatewright:problem:rate-limited" }]);
});
