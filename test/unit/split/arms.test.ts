import { expect, test } from "vitest";
import type { Exchange, Expression, ForwardTarget } from "../../../runtime/exchange/exchange.ts";
import { ExpressionError } from "../../../runtime/expressions/error.ts";
import { createSplit, type Split } from "../../../runtime/policies/split/index.ts";

/** A split of `base`, whose user is what the request has as its method. */
function splitOf(arms: Readonly<Record<string, number>>, name = "next"): Split {
  return createSplit({
    at: "policies.yaml:7",
    name,
    base: "base",
    arms: Object.entries(arms).map(([service, share]) => ({
      service: { name: service } as ForwardTarget,
      share,
      always: null,
    })),
    sticky: ((x: Exchange) => {
      if (x.method === "THROWS") throw new ExpressionError("no value");
      return x.method;
    }) as unknown as Expression<string>,
    otherwise: "base",
    cookie: { name: "user", maxAge: 60 } as never,
    requestField: null,
    responseField: null,
    slot: 0 as never,
  });
}

/** The service that a user gets, and what is said of it. */
function asked(user: string, ...splits: readonly Split[]): readonly [service: string | undefined, said: string | undefined] {
  const x = { method: user, slots: [], target: undefined, experiments: undefined } as unknown as Exchange;
  for (const split of splits) split.request(x);
  return [x.target?.name, x.experiments];
}

const users = Array.from({ length: 2_000 }, (_, index) => `user-${index}`);
const countOf = (service: string | undefined, ...splits: readonly Split[]): number =>
  users.filter((user) => asked(user, ...splits)[0] === service).length;

test("arms may be called as members of all objects are, also where the build before had none of that name", () => {
  const before = splitOf({ next: 0.1 });
  before.adopt({ next: 0.5 });
  const after = splitOf({ next: 0.1, constructor: 0.2, toString: 0 });
  after.adopt(before.handOver());
  expect(after.state()).toMatchObject({ shares: "next 50%, constructor 20%, toString 0%, base 30%" });
  expect(countOf("constructor", after)).toBeGreaterThan(300);
  expect(countOf("toString", after)).toBe(0);
});

test("shares of a build before that would be too much for the arms of this one are left, and those of arms that are gone as well", () => {
  const before = splitOf({ next: 0.1, gone: 0.1 });
  before.adopt({ next: 0.9, gone: 0.1 });
  const after = splitOf({ next: 0.1, added: 0.2 });
  after.adopt(before.handOver());
  expect(after.state()).toMatchObject({ shares: "next 10%, added 20%, base 70%" });
});

test.each(["", "THROWS"])("a user without a value (%j) is no part of the experiment", (user) => {
  expect(asked(user, splitOf({ next: 1 }))).toEqual([undefined, undefined]);
});

test("of two on one route, users of the second are those that the first leaves, as independent of it as chance has it", () => {
  const [first, second] = [splitOf({ one: 0.5 }, "first"), splitOf({ two: 0.5 }, "second")];
  const counts = [countOf("one", first, second), countOf("two", first, second), countOf(undefined, first, second)];
  for (const [index, share] of [0.5, 0.25, 0.25].entries()) expect(counts[index]! / users.length).toBeCloseTo(share, 1);
  // Whoever an arm of the first has is told of it alone.
  for (const user of users) {
    const [service, said] = asked(user, first, second);
    expect(said).toBe(service === "one" ? "first=one" : service === "two" ? "first=base, second=two" : "first=base, second=base");
  }
  // The same name is the same salt: there the second would get nobody, which the build does not allow.
  expect(countOf("two", splitOf({ one: 0.5 }, "same"), splitOf({ two: 0.5 }, "same"))).toBe(0);
});
