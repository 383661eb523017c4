import type { SubsetsConfig } from "../../../../runtime/upstream/attempts/subsets.ts";
import type { Service, ServiceSubset } from "../../../../schema/resources.gen.ts";
import { type Lowered, type MakeIr, make } from "../../../ir/config.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { list } from "../../../text/words.ts";
import { panicOf } from "./health.ts";
import { onlyEndpoint, subsetTwice, subsetUnreachable, subsetWithoutEndpoints } from "./messages.gen.ts";

export function checkSubsets({ endpoints, discover, subsets }: Service, context: ServiceContext): void {
  if (subsets === undefined) return;
  if (discover === undefined && endpoints.length === 1)
    context.report(onlyEndpoint(context.key("/subsets"), { option: "subsets", name: context.name }));
  const all = metadataOf({ endpoints });
  const takesRest = subsets.findIndex(({ when }) => when === undefined);
  for (const [index, subset] of subsets.entries()) {
    const { name, metadata } = subset;
    const at = context.at(`/subsets/${index}/name`);
    if (subsets.findIndex((other) => other.name === name) < index) context.report(subsetTwice(at, { name }));
    if (takesRest !== -1 && index > takesRest) context.report(subsetUnreachable(at, { name, before: subsets[takesRest]!.name }));
    const isOf = (endpoint: ServiceSubset["metadata"]): boolean =>
      Object.entries(metadata).every(([key, value]) => endpoint[key] === value);
    if (discover === undefined && !all.some(isOf))
      context.report(
        subsetWithoutEndpoints(context.at(`/subsets/${index}/metadata`), {
          name,
          service: context.name,
          wanted: wantedText(subset),
        }),
      );
  }
}

const metadataOf = ({ endpoints }: Pick<Service, "endpoints">): readonly ServiceSubset["metadata"][] =>
  endpoints.map((endpoint) => (typeof endpoint === "string" ? {} : (endpoint.metadata ?? {})));

/** Names that a registry is asked for; undefined: none. */
export function metadataNames({ subsets = [] }: Service): readonly string[] | undefined {
  const names = new Set(subsets.flatMap(({ metadata }) => Object.keys(metadata)));
  return names.size === 0 ? undefined : [...names].toSorted();
}

/** Undefined where there are none, or an expression is wrong, which was reported. */
export function subsetsOf(options: Service, context: ServiceContext): MakeIr | undefined {
  const { subsets, discover } = options;
  if (subsets === undefined) return undefined;
  const lowered: Lowered<SubsetsConfig>["subsets"][number][] = [];
  for (const [index, { name, metadata, when, whenEmpty }] of subsets.entries()) {
    const condition = when === undefined ? undefined : context.expression(when, `/subsets/${index}/when`, "bool");
    if (when !== undefined && condition === undefined) continue;
    lowered.push({ name, metadata, when: condition, mayBeAny: whenEmpty === "any" });
  }
  return make<SubsetsConfig>("upstream/attempts/subsets", "createSubsets", {
    subsets: lowered,
    panic: panicOf(options),
    metadata: discover === undefined ? metadataOf(options) : undefined,
  });
}

/** As `explain` names them. */
export const subsetTexts = (subsets: readonly ServiceSubset[]): string[] =>
  subsets.map((subset) => {
    const { name, when, whenEmpty } = subset;
    const which = when === undefined ? "" : ` where ${when}`;
    return `${name} (${wantedText(subset)})${which}${whenEmpty === "any" ? ", or any" : ""}`;
  });

const wantedText = ({ metadata }: ServiceSubset): string =>
  list(Object.entries(metadata).map(([name, value]) => `${name}: ${value}`));
