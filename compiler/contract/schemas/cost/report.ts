import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import type { SchemaIr } from "../../../ir/schema.ts";
import { repeatedSchema } from "../messages.gen.ts";
import { findRepeats } from "./repeats.ts";

/** Warns of schemas that other readers of the spec may ask about one part of a value ever more often: once for a circle. */
export function reportRepeats(schemas: readonly SchemaIr[], sink: DiagnosticSink): void {
  const { graph, remembered } = findRepeats(schemas);
  const groups = new Map<number, SchemaIr[]>();
  for (const schema of schemas) {
    const key = graph.circleOf(schema.id);
    // Off a circle the ways may be many, and are not more for a deeper value.
    if (key === undefined || !remembered.has(schema.id)) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [schema]);
    else group.push(schema);
  }
  for (const [first, ...others] of groups.values()) {
    const more = others.length === 0 ? "" : ` and ${others.length} more on the same circle`;
    sink.report(repeatedSchema(first!.origin, { schema: `${first!.place}${more}` }));
  }
}
