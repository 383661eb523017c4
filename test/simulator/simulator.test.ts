import { appendFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Figures, figuresOf } from "./figures.ts";
import { play } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { scenarioTable } from "./table.ts";

/** `run.mjs` says where to write what people read. */
const out = process.env.SIMULATOR_OUT;

/** Of each subject with a seed. The models of others are what they are compared with: one seed is enough for them. */
async function played({ load, from, to, subjects }: Scenario, seed: number, first: Readonly<Record<string, Figures>>) {
  const figures: Record<string, Figures> = {};
  for (const [name, subject] of Object.entries(subjects))
    figures[name] = typeof subject === "string" && seed > 1 ? first[name]! : figuresOf(await play(load, subject, seed), from, to);
  return figures;
}

describe.each(scenarios)("$name", (scenario) => {
  const all: Record<string, Figures>[] = [];

  beforeAll(async () => {
    for (let seed = 1; seed <= (scenario.seeds ?? 1); seed++) all.push(await played(scenario, seed, all[0] ?? {}));
  }, 300_000);

  afterAll(() => {
    if (out !== undefined) appendFileSync(out, `${scenarioTable(scenario, all[0]!)}\n`);
  });

  test.each(scenario.promises)("$says", ({ holds }) => {
    for (const figures of all) expect(holds(figures), scenarioTable(scenario, figures)).toBe(true);
  });
});
