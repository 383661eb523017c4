// The table: one row for each suite and kind of test, one column for each cache.
import { reasonFor } from "./reasons.mjs";
import { kindOf, kinds, tally, testsById, verdictOf } from "./verdicts.mjs";

/** `results`: by name of the cache. */
export function tableOf(suite, suites, results, versions) {
  const names = Object.keys(results);
  const tallies = Object.fromEntries(names.map((name) => [name, tally(suites, results[name])]));
  const shown = kinds.filter((kind) => suites.some(({ tests }) => tests.some((test) => kindOf(test) === kind)));
  const cell = (counts, kind) => (counts[kind] === undefined ? "" : `${counts[kind].passed}/${counts[kind].all}`);
  const total = (name, kind) => {
    const all = tallies[name].map(({ counts }) => counts[kind]).filter((count) => count !== undefined);
    return `${sum(all.map(({ passed }) => passed))}/${sum(all.map((count) => count.all))}`;
  };
  const lines = [
    "# HTTP cache tests",
    "",
    `${suite.name}, through each cache in one run by \`npm run cache-tests\`. Passed of all: \`required\` are demands of RFC 9111, \`optimal\` is`,
    "what makes a cache a good one, `check` only says what a cache does, and is no merit.",
    "",
    row(["Suite", "Kind", ...names]),
    row(["---", "---", ...names.map(() => "---")]),
    ...shown.map((kind) => row(["**All**", kind, ...names.map((name) => `**${total(name, kind)}**`)])),
    ...suites.flatMap(({ name: suite }, at) =>
      shown
        .filter((kind) => names.some((name) => tallies[name][at].counts[kind] !== undefined))
        .map((kind) => row([suite, kind, ...names.map((name) => cell(tallies[name][at].counts, kind))])),
    ),
    "",
    ...names.map((name) => `- ${name}: ${versions[name]}`),
    "",
  ];
  return [...lines, ...missesOf(suites, results.Gatewright, suite.isPinned)].join("\n");
}

/** Everything but what `check` tells. */
function missesOf(suites, results, isPinned) {
  if (results === undefined) return [];
  const byId = testsById(suites);
  const missed = [...byId.values()].filter(
    (test) => !kindOf(test).endsWith("check") && verdictOf(test, results, byId) !== "pass",
  );
  if (missed.length === 0) return [];
  return [
    "## What Gatewright does not pass",
    "",
    row(["Test", "Kind", "What the suite says", "Reason"]),
    row(["---", "---", "---", "---"]),
    ...missed.map((test) => {
      const verdict = verdictOf(test, results, byId);
      const said = verdict === "dependency" ? "builds on a test that is not passed" : String(results[test.id]?.[1] ?? "not run");
      return row([`\`${test.id}\``, kindOf(test), said, reasonFor(test.id, isPinned)]);
    }),
    "",
  ];
}

const row = (cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`;
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
