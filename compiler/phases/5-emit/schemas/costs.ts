import { type Kind, tellingKinds } from "../../../contract/schemas/cost/kinds.ts";
import { findRepeats } from "../../../contract/schemas/cost/repeats.ts";
import { references } from "../../../contract/schemas/references.ts";
import type { JsonSchema, SchemaIr } from "../../../ir/schema.ts";
import type { Way } from "./callee.ts";

/** What keeps validators from asking about the same part of a value ever more often. */
export interface Costs {
  /** Whether the function of a schema takes a run: it leads to one that remembers. */
  takesRun(schema: JsonSchema): boolean;
  /** How the function of a schema is called from inside of the schema with an id. */
  wayTo(schema: JsonSchema, from: string): Way;
  /** What alternatives are told apart by before they are asked. */
  kinds(alternatives: readonly JsonSchema[]): readonly (Kind | undefined)[];
  /** Steps that each part of a value may take: far more than it does. */
  readonly steps: number;
}

export function costsOf(schemas: readonly SchemaIr[]): Costs {
  const { graph, remembered, times } = findRepeats(schemas);
  const running = leadingTo(remembered, schemas);
  const takesRun = (schema: JsonSchema): boolean =>
    running.size > 0 && references(schema).some((ref) => running.has(ref.slice(2)));
  const sites = schemas.reduce((sum, { id, schema }) => sum + (running.has(id) ? references(schema).length : 0), 0);
  return {
    takesRun,
    wayTo(schema, from) {
      const ref = typeof schema === "object" && Object.keys(schema).length === 1 ? schema.$ref : undefined;
      if (ref !== undefined && remembered.has(ref.slice(2))) return "remembered";
      if (takesRun(schema)) return "run";
      const circle = graph.circleOf(from);
      return circle !== undefined && graph.circlesFrom(schema).has(circle) ? "circle" : "plain";
    },
    kinds: (alternatives) => (graph.isToldApart(alternatives) ? tellingKinds(alternatives, graph.resolve) : []),
    steps: 16 + 4 * times * sites,
  };
}

/** The schemas with ids of `targets`, and all that refer to them. */
function leadingTo(targets: ReadonlySet<string>, schemas: readonly SchemaIr[]): ReadonlySet<string> {
  const leading = new Set(targets);
  if (targets.size === 0) return leading;
  const users = new Map<string, string[]>();
  for (const { id, schema } of schemas) {
    for (const ref of references(schema)) {
      const known = users.get(ref.slice(2));
      if (known === undefined) users.set(ref.slice(2), [id]);
      else known.push(id);
    }
  }
  const waiting = [...targets];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const user of users.get(id) ?? []) {
      if (leading.has(user)) continue;
      leading.add(user);
      waiting.push(user);
    }
  }
  return leading;
}
