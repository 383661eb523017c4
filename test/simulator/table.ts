import type { Figures } from "./figures.ts";
import type { Promised, Scenario } from "./scenario.ts";

/** What a scenario came to, for people. */
export function scenarioTable(scenario: Scenario, figures: Readonly<Record<string, Figures>>): string {
  const isDivided = scenario.load.important !== undefined;
  const rows = [
    [
      "",
      "requests",
      "good",
      "mean ms",
      "p50",
      "p99",
      "attempts",
      "in 1 s",
      ...(isDivided ? ["important"] : []),
      "shares",
      "theory",
    ],
  ];
  for (const [subject, one] of Object.entries(figures)) {
    const theory = scenario.theory?.[subject];
    rows.push([
      subject,
      String(one.count),
      percent(one.good, 2),
      one.mean.toFixed(1),
      one.p50.toFixed(0),
      one.p99.toFixed(0),
      one.attempts.toFixed(3),
      percent(one.inTime, 1),
      ...(isDivided ? [percent(one.importantInTime, 1)] : []),
      shares(one.shares),
      theory === undefined ? "" : `${typeof theory[1] === "string" ? theory[1] : theory[1].toFixed(1)} (${theory[0]})`,
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column >= row.length - 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
  const promises = scenario.promises.map((promise) => `  ${isKept(promise, figures) ? "kept  " : "BROKEN"}  ${promise.says}`);
  return `${scenario.name}\n${lines.map((line) => `  ${line}`).join("\n")}\n${promises.join("\n")}\n`;
}

export const isKept = ({ holds }: Promised, figures: Readonly<Record<string, Figures>>): boolean => holds(figures);

const percent = (part: number, digits: number): string => `${(part * 100).toFixed(digits)}%`;

function shares(all: readonly number[]): string {
  if (all.length <= 4) return all.map((one) => percent(one, 1)).join(" ");
  return `${percent(Math.min(...all), 1)} to ${percent(Math.max(...all), 1)}`;
}
