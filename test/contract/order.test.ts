import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import type { StepIr } from "../../compiler/ir/step.ts";
import { policies } from "../../compiler/policies/registry.gen.ts";
import { kebabCase } from "../../compiler/text/words.ts";
import { repository } from "../harness/sample.ts";

const golden = join(repository, "test/contract/expected/order.txt");

it("policies run in this order", async () => {
  const { ir, diagnostics } = await checkGateway(join(repository, "test/contract/order/gateway.yaml"));
  expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  const chains = [
    ...ir!.operations.map(({ id, steps }) => ({ id, steps })),
    { id: "requests without an operation", steps: ir!.unmatched },
  ];
  const text = chains.map(({ id, steps }) => `${id}\n${table(steps)}`).join("\n");
  if (process.env.UPDATE === "1") {
    mkdirSync(dirname(golden), { recursive: true });
    writeFileSync(golden, text);
  }
  expect(text, "UPDATE=1 rewrites test/contract/expected/order.txt").toBe(readFileSync(golden, "utf8"));
  // A policy without a step of its own is part of how the operation is forwarded, or of who may call it. One that is new
  // has its step in its own samples; who wants its place in the order to be kept adds it to the gateway here.
  const seen = new Set(ir!.operations.flatMap(({ steps }) => steps.map(({ policy }) => policy)));
  const missing = Object.keys(policies).filter((name) => !seen.has(name));
  const without = await Promise.all(missing.map(async (name) => ((await makesStep(name)) ? [] : [name])));
  expect(without.flat().sort(), "policies that make no step").toEqual([
    "hedge",
    "objectives",
    "public",
    "retry",
    "segments",
    "timeout",
    "trailers",
    "wayAround",
  ]);
});

/** Whether a policy makes a step in one of its own samples. */
async function makesStep(name: string): Promise<boolean> {
  const folder = join(repository, "test/policies", kebabCase(name));
  for (const sample of readdirSync(folder).sort()) {
    const { ir } = await checkGateway(join(folder, sample, "gateway.yaml"));
    if (ir?.operations.some(({ steps }) => steps.some(({ policy }) => policy === name))) return true;
  }
  return false;
}

function table(steps: readonly StepIr[]): string {
  const rows = steps.map(({ stage, policy, summary, hooks, requires, provides }) => [
    stage,
    policy,
    hooks.join(" "),
    [...requires.map((fact) => `requires ${fact}`), ...provides.map((fact) => `provides ${fact}`)].join(", "),
    summary,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
