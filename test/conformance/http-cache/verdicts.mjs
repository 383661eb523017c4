// What the results of the suite mean, as its own pages show them.

/** One of `pass`, `fail`, `setup` (what the test needs did not happen), `dependency` (a test that it builds on did not pass). */
export function verdictOf(test, results, byId) {
  const result = results[test.id];
  if (result === undefined) return "setup";
  const needed = (test.depends_on ?? []).map((id) => byId.get(id)).filter((one) => one !== undefined);
  if (needed.some((one) => verdictOf(one, results, byId) !== "pass")) return "dependency";
  if (result === true) return "pass";
  return result[0] === "Setup" ? "setup" : "fail";
}

/**
 * `required`: a MUST of the RFC; `optimal`: what makes a cache a good one; `check`: what it does, without a judgement. Later states
 * of the suite have each of them apart for caches that are a part of a CDN (RFC 9213).
 */
export const kinds = ["required", "optimal", "check", "cdn required", "cdn optimal", "cdn check"];

export const kindOf = (test) => `${test.cdn_only === true ? "cdn " : ""}${test.kind ?? "required"}`;

/** All tests by id. */
export const testsById = (suites) => new Map(suites.flatMap(({ tests }) => tests.map((test) => [test.id, test])));

/** How many pass, by suite and kind. */
export function tally(suites, results) {
  const byId = testsById(suites);
  return suites.map(({ name, tests }) => {
    const counts = {};
    for (const test of tests) {
      const count = (counts[kindOf(test)] ??= { passed: 0, all: 0 });
      count.all++;
      if (verdictOf(test, results, byId) === "pass") count.passed++;
    }
    return { name, counts };
  });
}
