import { posix } from "node:path";
import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import type { Origin } from "../../../ir/origin.ts";
import type { Positions } from "../../../ir/positions.ts";
import { isObject } from "../../../source/json-kind.ts";
import { isRemote } from "../../../source/json-pointer.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";
import { duplicateItem, overlayForAnother } from "../messages.gen.ts";

/** One change that an overlay makes. */
export interface OverlayAction {
  readonly target: string;
  readonly update?: JsonValue;
  readonly remove?: boolean;
  readonly copy?: string;
}

/** Holds a tree against a schema of ours and reports what does not fit. */
export type CheckShape = (tree: JsonValue, schema: string, name: string, at: Origin) => boolean;

/** The actions of an Overlay document (Overlay Specification 1.0 and 1.1 §4); undefined where it is not one, which is reported. */
export function overlayActions(
  tree: JsonValue,
  file: string,
  spec: string,
  positions: Positions,
  shaped: CheckShape,
  sink: DiagnosticSink,
): readonly OverlayAction[] | undefined {
  const plain = withoutExtensions(tree, positions);
  if (!shaped(plain, "overlay", file, positions.range(file, 0, 0))) return undefined;
  // Of that shape, or the check would have said otherwise.
  const { actions, extends: target } = plain as unknown as {
    readonly actions: readonly OverlayAction[];
    readonly extends?: string;
  };
  if (
    target !== undefined &&
    !isRemote(target) &&
    !posix.isAbsolute(target) &&
    posix.join(posix.dirname(file), target) !== spec
  ) {
    sink.report(overlayForAnother(positions.value(plain as JsonObject, "extends"), { overlay: file, extends: target, spec }));
  }
  const seen = new Map<string, number>();
  let isUnique = true;
  for (const [index, action] of actions.entries()) {
    const text = JSON.stringify(action);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, index);
    else {
      isUnique = false;
      const related = [{ origin: positions.value(actions, first), text: "first here" }];
      sink.report(duplicateItem(positions.value(actions, index), { value: action.target, name: "actions" }, { related }));
    }
  }
  return isUnique ? actions : undefined;
}

/** Extensions may stand in three places, and mean nothing to us. */
function withoutExtensions(tree: JsonValue, positions: Positions): JsonValue {
  if (!isObject(tree)) return tree;
  const plain = stripped(tree, positions);
  if (isObject(plain.info)) plain.info = stripped(plain.info, positions);
  if (Array.isArray(plain.actions)) {
    const actions = plain.actions.map((action: JsonValue) => (isObject(action) ? stripped(action, positions) : action));
    positions.inherit(actions, plain.actions);
    plain.actions = actions;
  }
  return plain;
}

function stripped(node: JsonObject, positions: Positions): { [key: string]: JsonValue } {
  const plain = Object.fromEntries(Object.entries(node).filter(([key]) => !key.startsWith("x-")));
  positions.inherit(plain, node);
  return plain;
}
