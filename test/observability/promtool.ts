import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const run = promisify(execFile);

type Labels = Readonly<Record<string, string>>;

/** What is scraped each minute, and what must come of it. */
export interface RulesCase {
  readonly name: string;
  /** By series; in the notation of promtool: `0+10x60`. */
  readonly series: Labels;
  readonly expected: readonly Expectation[];
  /** Minutes between two evaluations of the rules. */
  readonly every?: number;
}

/** An expression that is to have a value at a minute, or none. */
export interface Expectation {
  readonly minute: number;
  readonly expr: string;
  readonly value: number | undefined;
}

/** An alert fires at a minute, and did not at the evaluation before. */
export const firesAt = (minute: number, alert: string, labels: Labels = {}, every = 1): Expectation[] => [
  silentAt(minute - every, alert, labels),
  firingAt(minute, alert, labels),
];

export const firingAt = (minute: number, alert: string, labels: Labels = {}): Expectation => ({
  minute,
  expr: firing(alert, labels),
  value: 1,
});

export const silentAt = (minute: number, alert: string, labels: Labels = {}): Expectation => ({
  minute,
  expr: firing(alert, labels),
  value: undefined,
});

const firing = (alert: string, labels: Labels): string => {
  const all = { alertname: alert, alertstate: "firing", ...labels };
  return `count(ALERTS{${Object.entries(all)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}})`;
};

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Labels;
}

interface Groups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** Runs the cases with Prometheus' own rule engine. Throws with what promtool says of those that fail. */
export async function testRules(text: string, cases: readonly RulesCase[]): Promise<void> {
  const rules = parse(text) as Groups;
  const promtool = await component("promtool");
  const runs = new Map<string, { readonly every: number; readonly needed: Groups; readonly cases: RulesCase[] }>();
  for (const one of cases) {
    const { every = 1 } = one;
    const needed = neededBy(rules, one.expected);
    const key = `${every} ${stringify(needed)}`;
    const known = runs.get(key);
    if (known === undefined) runs.set(key, { every, needed, cases: [one] });
    else known.cases.push(one);
  }
  for (const { every, needed, cases } of runs.values()) {
    const folder = temporaryFolder({
      "rules.yaml": stringify(needed, { lineWidth: 0 }),
      "tests.yaml": stringify(
        { rule_files: ["rules.yaml"], evaluation_interval: `${every}m`, tests: cases.map(testOf) },
        { lineWidth: 0, aliasDuplicateObjects: false },
      ),
    });
    await run(promtool, ["test", "rules", `${folder}/tests.yaml`]).catch(
      (error: { readonly stdout?: string; readonly stderr?: string }) => {
        throw new Error(`${error.stdout ?? ""}${error.stderr ?? ""}`);
      },
    );
  }
}

const testOf = ({ name, series, expected }: RulesCase): object => ({
  name,
  interval: "1m",
  input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
  promql_expr_test: expected.map(({ minute, expr, value }) => ({
    expr,
    eval_time: `${minute}m`,
    exp_samples: value === undefined ? [] : [{ labels: "{}", value }],
  })),
});

/** Only rules that the expected values come from: the others are a hundred that would be evaluated each minute for nothing. */
function neededBy({ groups }: Groups, expected: readonly Expectation[]): Groups {
  const needed = new Set<Rule>();
  const all = groups.flatMap((group) => group.rules);
  const need = (expr: string): void => {
    for (const rule of all)
      if (!needed.has(rule) && isNamed(rule, expr)) {
        needed.add(rule);
        need(rule.expr);
      }
  };
  for (const { expr } of expected) need(expr);
  if (needed.size === 0) throw new Error("no rule has to do with what is expected");
  return {
    groups: groups
      .map((group) => ({ ...group, rules: group.rules.filter((rule) => needed.has(rule)) }))
      .filter((group) => group.rules.length > 0),
  };
}

/** Whether an expression may read what a rule makes: the name is in it, and no other value of a label. */
function isNamed({ record, alert, expr, labels = {} }: Rule, reader: string): boolean {
  const name = record === undefined ? `alertname="${alert}"` : `${record}{`;
  if (!reader.includes(name)) return false;
  const own: Labels = {
    ...Object.fromEntries([...expr.matchAll(/(objective|about)="([^"]*)"/g)].map(([, k, v]) => [k!, v!])),
    ...labels,
  };
  return Object.entries(own).every(([label, value]) => {
    const asked = new RegExp(`[{,]${label}="([^"]*)"`).exec(reader)?.[1];
    return asked === undefined || asked === value;
  });
}
