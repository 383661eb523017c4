import { appendFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Figures, figuresOf } from "./figures.ts";
import { play } from "./run.ts";
import { scenarios } from "./scenarios.ts";
import { scenarioTable } from "./table.ts";

/** `run.mjs` says where to write what people read. */
const out = process.env.SIMULATOR_OUT;

describe.each(scenarios)("$name", (scenario) => {
  const figures: Record<string, Figures> = {};

  beforeAll(async () => {
    for (const [name, subject] of Object.entries(scenario.subjects))
      figures[name] = figuresOf(await play(scenario.load, subject), scenario.from, scenario.to);
  }, 300_000);

  afterAll(() => {
    if (out !== undefined) appendFileSync(out, `${scenarioTable(scenario, figures)}\n`);
  });

  test.each(scenario.promises)("$says", ({ holds }) => {
    expect(holds(figures), scenarioTable(scenario, figures)).toBe(true);
  });
});
