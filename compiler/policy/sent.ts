import type { ConfigIr } from "../ir/config.ts";
import type { SentIr, StepIr } from "../ir/step.ts";

/** Edits of fields or of query parameters, as policies lower them. */
interface LoweredEdits {
  readonly rename: readonly { readonly from: string }[];
  readonly remove: readonly string[];
  readonly set: readonly { readonly name: string; readonly value: ConfigIr }[];
}

/** What edits of requests come to at the service. */
export function sentBy(kind: "header" | "query", edits: LoweredEdits | null): Pick<StepIr, "sends"> {
  if (edits === null) return {};
  const named = (name: string): string => `${kind} ${kind === "header" ? name.toLowerCase() : name}`;
  const sends: SentIr = {
    constants: edits.set.flatMap(({ name, value }) => (typeof value === "string" ? [[named(name), value] as const] : [])),
    hidden: [...edits.remove, ...edits.rename.map(({ from }) => from), ...edits.set.map(({ name }) => name)].map(named),
  };
  return { sends };
}
