import type { OperationIr } from "../../ir/gateway.ts";
import { anyOf, type Matcher } from "../promql.ts";

type Labelled = Pick<OperationIr, "id" | "api" | "version" | "forward">;

const readers = {
  api: ({ api }: Labelled): string => api ?? "",
  version: ({ version }: Labelled): string => version ?? "",
  service: ({ forward }: Labelled): string => (forward.kind === "forward" ? forward.service : ""),
} as const;

type Label = keyof typeof readers;

const choices: readonly (readonly Label[])[] = [["api"], ["service"], ["api", "version"], ["api", "service"]];

/** The shortest labels that pick out some operations and no others: those of an API as `api="orders"`, not one by one. */
export function operationMatchers(some: readonly Labelled[], all: readonly Labelled[]): readonly Matcher[] {
  const shared = (label: Label): string | undefined => {
    const values = new Set(some.map(readers[label]));
    return values.size === 1 ? [...values][0] : undefined;
  };
  const matching = (labels: readonly Label[]): readonly Labelled[] =>
    all.filter((operation) => labels.every((label) => readers[label](operation) === shared(label)));
  const known = choices.filter((labels) => labels.every((label) => isNamed(shared(label))));
  const exact = known.find((labels) => matching(labels).length === some.length);
  const matcher = (label: Label): Matcher => [label, "=", shared(label)!];
  if (exact !== undefined) return exact.map(matcher);
  // Requests that match no operation have none of these labels, so that without one the list must say who is meant.
  const around = known.find((labels) => labels.length === 2) ?? known[0] ?? [];
  const own = some.map(({ id }) => id).sort();
  const others = matching(around)
    .map(({ id }) => id)
    .filter((id) => !own.includes(id))
    .sort();
  const names: Matcher =
    around.length > 0 && others.length < own.length
      ? ["operation", "!~", anyOf(others)]
      : own.length === 1
        ? ["operation", "=", own[0]!]
        : ["operation", "=~", anyOf(own)];
  return [...around.map(matcher), names];
}

const isNamed = (value: string | undefined): boolean => value !== undefined && value !== "";
