import type { ConfigIr } from "../ir/config.ts";
import { emittedIn } from "../ir/config-nodes.ts";
import type { SentIr, StepIr } from "../ir/step.ts";

/** Edits of fields or of query parameters, as policies lower them. */
interface LoweredEdits {
  readonly rename: readonly { readonly from: string; readonly to: string }[];
  readonly remove: readonly string[];
  readonly set: readonly Edit[];
  readonly add: readonly Edit[];
}

interface Edit {
  readonly name: string;
  readonly value: ConfigIr;
}

/** What edits of requests come to at the service. */
export function sentBy(kind: "header" | "query", edits: LoweredEdits | null): Pick<StepIr, "sends"> {
  if (edits === null) return {};
  const named = (name: string): string => `${kind} ${kind === "header" ? name.toLowerCase() : name}`;
  const sends: SentIr = {
    constants: edits.set.flatMap(({ name, value }) => (typeof value === "string" ? [[named(name), value] as const] : [])),
    hidden: [...edits.remove, ...edits.rename.map(({ from }) => from), ...edits.set.map(({ name }) => name)].map(named),
  };
  if (kind === "header") return { sends };
  const confidential = [...edits.set, ...edits.add].filter(({ value }) => isConfidential(value)).map(({ name }) => name);
  const more = {
    ...(confidential.length === 0 ? {} : { confidential }),
    ...(edits.rename.length === 0 ? {} : { renamed: edits.rename }),
  };
  return { sends: { ...sends, ...more } };
}

/** It is read at the start, and may be a key, or says something of who asks. */
const isConfidential = (value: ConfigIr): boolean =>
  typeof value === "object" &&
  value !== null &&
  "kind" in value &&
  (value.kind === "setting" || emittedIn(value, "expression").some(({ reads }) => reads.identity));
