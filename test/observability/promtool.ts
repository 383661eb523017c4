import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const run = promisify(execFile);

/** What is scraped each minute, and which alerts must fire when. */
export interface AlertCase {
  readonly name: string;
  /** By series; in the notation of promtool: `0+10x60`. */
  readonly series: Readonly<Record<string, string>>;
  readonly expected: readonly AlertExpectation[];
  /** Minutes between two evaluations of the rules. */
  readonly every?: number;
}

/** A PromQL expression that is to have a value at a minute, or none. */
export interface AlertExpectation {
  readonly minute: number;
  readonly expr: string;
  readonly value: number | undefined;
}

/** An alert fires at a minute, and did not at the evaluation before. */
export const firesAt = (
  minute: number,
  alert: string,
  labels: Readonly<Record<string, string>> = {},
  every = 1,
): AlertExpectation[] => [silentAt(minute - every, alert, labels), { minute, expr: firing(alert, labels), value: 1 }];

export const silentAt = (minute: number, alert: string, labels: Readonly<Record<string, string>> = {}): AlertExpectation => ({
  minute,
  expr: firing(alert, labels),
  value: undefined,
});

const firing = (alert: string, labels: Readonly<Record<string, string>>): string => {
  const matchers = Object.entries({ alertname: alert, alertstate: "firing", ...labels }).map(
    ([name, value]) => `${name}="${value}"`,
  );
  return `count(ALERTS{${matchers.join(",")}})`;
};

/** Runs the cases with Prometheus' own rule engine. Throws with what promtool says of those that fail. */
export async function testRules(rules: string, cases: readonly AlertCase[]): Promise<void> {
  const folder = temporaryFolder({ "rules.yaml": rules });
  const promtool = await component("promtool");
  // One process for each distance of evaluations: promtool has one for a file.
  for (const every of new Set(cases.map((one) => one.every ?? 1))) {
    const tests = cases
      .filter((one) => (one.every ?? 1) === every)
      .map(({ name, series, expected }) => ({
        name,
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expected.map(({ minute, expr, value }) => ({
          expr,
          eval_time: `${minute}m`,
          exp_samples: value === undefined ? [] : [{ labels: "{}", value }],
        })),
      }));
    const text = stringify({ rule_files: [`${folder}/rules.yaml`], evaluation_interval: `${every}m`, tests }, { lineWidth: 0 });
    await run(promtool, ["test", "rules", temporaryFolderFile(text)]).catch(
      (error: { readonly stdout?: string; readonly stderr?: string }) => {
        throw new Error(`${error.stdout ?? ""}${error.stderr ?? ""}`);
      },
    );
  }
}

const temporaryFolderFile = (text: string): string => `${temporaryFolder({ "tests.yaml": text })}/tests.yaml`;
