import type { OwnLabelConfig, OwnMetricConfig, OwnMetricsConfig } from "../../../runtime/policies/metrics/own-metrics.ts";
import type { MetricsOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { secretRead } from "../../policy/secret-read.ts";
import {
  anyInLabel,
  bucketsNotAscending,
  ownBuckets,
  ownKind,
  ownLabelName,
  ownLabelValue,
  ownName,
  ownNumber,
  secretInLabel,
} from "./messages.gen.ts";

type Own = MetricsOptions["own"][string];

/** Values of a label that are kept apart where nobody lists them. */
const usualMost = 20;

/** Names that others have: ours, those of processes, and those that Prometheus makes itself. */
const taken = /^(?:gatewright_|process_|nodejs_|scrape_|prometheus_|ALERTS|up$|__)/;
/** What the formats put behind the name of a histogram, a counter or an info metric. */
const reservedEnd = /_(?:total|bucket|sum|count|created|info)$/;

export function checkOwn({ own }: MetricsOptions, context: PolicyContext): void {
  for (const [name, metric] of Object.entries(own)) {
    const pointer = `/own/${name}`;
    const problem = nameProblem(name, metric, own);
    if (problem !== undefined) context.report(ownName(context.at(pointer), { name, problem }));
    if ((metric.counter === undefined) === (metric.histogram === undefined))
      context.report(ownKind(context.at(pointer), { name }));
    checkBuckets(name, metric, pointer, context);
    for (const label of Object.keys(metric.labels ?? {})) {
      const why = labelProblem(label);
      if (why !== undefined) context.report(ownLabelName(context.at(`${pointer}/labels/${label}`), { label, problem: why }));
    }
  }
}

function nameProblem(name: string, { histogram }: Own, all: MetricsOptions["own"]): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return "it has characters beside letters, digits and `_`, or begins with a digit";
  if (taken.test(name)) return "names that begin so are taken";
  if (histogram === undefined) {
    if (!/._total$/.test(name)) return "the name of a counter ends in `_total`";
    // OpenMetrics knows the counter without its end.
    return Object.hasOwn(all, name.slice(0, -"_total".length)) ? "without `_total` it is the name of another metric" : undefined;
  }
  const end = reservedEnd.exec(name)?.[0];
  return end === undefined ? undefined : `the end \`${end}\` has a meaning in Prometheus, which a histogram does not have`;
}

function labelProblem(name: string): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return "it has characters beside letters, digits and `_`, or begins with a digit";
  if (name.startsWith("__")) return "names with two `_` in front are those of Prometheus";
  return ["le", "quantile", "job", "instance"].includes(name) ? "it has a meaning in Prometheus" : undefined;
}

function checkBuckets(name: string, { histogram, buckets }: Own, pointer: string, context: PolicyContext): void {
  if (buckets === undefined) return;
  if (histogram === undefined) context.report(ownBuckets(context.at(`${pointer}/buckets`), { name }));
  buckets.forEach((bound, index) => {
    const before = buckets[index - 1];
    if (before !== undefined && before >= bound)
      context.report(
        bucketsNotAscending(context.at(`${pointer}/buckets/${index}`), { bound: String(bound), before: String(before) }),
      );
  });
}

/** Null: there are none. Undefined: an expression is wrong, which was reported. */
export function lowerOwn(
  { own, buckets, native }: MetricsOptions,
  context: PolicyContext,
): Lowered<OwnMetricsConfig> | null | undefined {
  const all = Object.entries(own).map(([name, metric]) => lowerOne(name, metric, { buckets, native }, context));
  const metrics = all.filter((one) => one !== undefined);
  if (metrics.length < all.length) return undefined;
  return metrics.length === 0 ? null : { metrics };
}

function lowerOne(
  name: string,
  metric: Own,
  usual: Pick<MetricsOptions, "buckets" | "native">,
  context: PolicyContext,
): Lowered<OwnMetricConfig> | undefined {
  const at = `/own/${name}`;
  const { counter, histogram, when } = metric;
  const written = histogram ?? counter ?? 1;
  const value =
    typeof written === "number"
      ? written
      : numberAt(written, `${at}/${histogram === undefined ? "counter" : "histogram"}`, context);
  const condition = when === undefined ? null : context.expression(when, `${at}/when`, "bool", "measured");
  const labels = Object.entries(metric.labels ?? {}).map(([label, one]) =>
    lowerLabel(label, one, `${at}/labels/${label}`, context),
  );
  const known = labels.filter((one) => one !== undefined);
  if (value === undefined || condition === undefined || known.length < labels.length) return undefined;
  return {
    name,
    help: metric.help ?? helpOf(metric),
    bounds: histogram === undefined ? null : (metric.buckets ?? usual.buckets),
    native: usual.native,
    value,
    when: condition,
    labels: known,
  };
}

function numberAt(text: string, pointer: string, context: PolicyContext): EmittedIr<"expression"> | undefined {
  const value = context.expression(text, pointer, "any", "measured");
  if (value === undefined) return undefined;
  const { kind } = value.data.type;
  if (["int", "uint", "double", "dyn", "union"].includes(kind)) return value;
  context.report(ownNumber(context.at(pointer), { expression: text.trim(), kind }));
  return undefined;
}

function lowerLabel(
  name: string,
  written: NonNullable<Own["labels"]>[string],
  pointer: string,
  context: PolicyContext,
): Lowered<OwnLabelConfig> | undefined {
  const { value: text, values, most = usualMost } = typeof written === "string" ? { value: written } : written;
  const value = context.expression(text, typeof written === "string" ? pointer : `${pointer}/value`, "any", "measured");
  if (value === undefined) return undefined;
  if (!isSingle(value.data.type)) {
    const { kind } = value.data.type;
    const expression = text.trim();
    context.report(ownLabelValue(context.at(pointer), { label: name, expression, kind, remedy: remedyFor(kind, expression) }));
    return undefined;
  }
  const listed = values ?? listedBy(value);
  // Listed values cannot be a secret: any other is `other`.
  const secret = listed === null ? secretRead(value.data, context.credentials) : undefined;
  if (secret === undefined) return { name, value, values: listed, most };
  const at = context.at(pointer);
  context.report(
    "map" in secret ? anyInLabel(at, { label: name, ...secret }) : secretInLabel(at, { label: name, secret: secret.field }),
  );
  return undefined;
}

type ValueType = EmittedIr<"expression">["data"]["type"];

/** Whether a value of the type can be the one text of a label. */
const isSingle = (type: ValueType): boolean =>
  type.kind === "union"
    ? type.members.length === 0 || type.members.some(isSingle)
    : ["string", "int", "uint", "double", "bool", "dyn", "reference"].includes(type.kind);

/** How people get one value out of it. */
function remedyFor(kind: ValueType["kind"], expression: string): string {
  if (kind === "map" || kind === "object") return `Name one value in it, as in \`${expression}['name']\`.`;
  if (kind === "list")
    return `Take one value, as in \`${expression}[0]\`, or say what matters of it, as in \`'admin' in ${expression}\` or \`size(${expression})\`.`;
  return `Convert it, as in \`string(${expression})\`; but only where there are few values.`;
}

/** What a schema, or the type, says of all that there may be. */
function listedBy({ data }: EmittedIr<"expression">): readonly string[] | null {
  if (data.type.kind === "bool") return ["true", "false"];
  return data.values?.filter((value) => value !== null).map(String) ?? null;
}

/** Shown where the metric is: what it counts. */
function helpOf({ counter, histogram, when }: Own): string {
  const what =
    histogram !== undefined
      ? `\`${histogram.trim()}\``
      : counter === 1
        ? "Requests"
        : `The sum of ${typeof counter === "number" ? counter : `\`${counter?.trim()}\``} for each request`;
  return `${what}${when === undefined ? "" : ` where \`${when.trim()}\``}.`;
}

/** Most series that a metric can have. */
export function seriesOfOwn({ metrics }: Lowered<OwnMetricsConfig>): number {
  return metrics.reduce((sum, { bounds, labels }) => {
    const each = bounds === null ? 1 : bounds.length + 3;
    // Those that are kept apart, and `other` and `none`.
    return sum + labels.reduce((product, { values, most }) => product * ((values?.length ?? Number(most)) + 2), each);
  }, 0);
}
