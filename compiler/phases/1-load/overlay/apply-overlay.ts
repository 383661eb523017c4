import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import type { Origin } from "../../../ir/origin.ts";
import type { Positions } from "../../../ir/positions.ts";
import { isObject, kindOf, words } from "../../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";
import { overlayBadPath, overlayCopyAmbiguous, overlayMismatch, overlayNoTarget, overlayRemovesAll } from "../messages.gen.ts";
import type { OverlayAction } from "./overlay-file.ts";
import { nearestPart, type Path, targets } from "./targets.ts";

type Draft = { [key: string]: JsonValue } & JsonValue[];

/**
 * A document as the actions of overlays change it, in order. The tree that was read stays as it is: what changes is
 * copied first, and each copy knows where its entries were written, be it in the document or in an overlay.
 */
export class OverlaidDocument {
  readonly #file: string;
  readonly #positions: Positions;
  readonly #sink: DiagnosticSink;
  readonly #textOf: (origin: Origin) => string;
  /** Containers of our own making, which may be changed. */
  readonly #own = new Set<JsonValue>();
  #root: JsonValue;

  /** @param file of the document, to which references in values of an overlay are relative as well */
  constructor(root: JsonValue, file: string, positions: Positions, textOf: (origin: Origin) => string, sink: DiagnosticSink) {
    this.#root = root;
    this.#file = file;
    this.#positions = positions;
    this.#textOf = textOf;
    this.#sink = sink;
  }

  get root(): JsonValue {
    return this.#root;
  }

  apply(action: OverlayAction): void {
    const paths = this.#targets(action, "target");
    if (paths === undefined) return;
    if (action.remove === true) this.#remove(paths, action);
    else if (action.update !== undefined) this.#merge(paths, action, "update", action.update, true);
    else if (action.copy !== undefined) {
      const sources = this.#targets(action, "copy");
      const [source, ...others] = sources ?? [];
      if (source === undefined) return;
      if (others.length > 0)
        this.#sink.report(
          overlayCopyAmbiguous(this.#positions.value(action, "copy"), { path: action.copy, count: String(others.length + 1) }),
        );
      else
        this.#merge(
          paths,
          action,
          "copy",
          source.reduce((value: JsonValue, key) => (value as Draft)[key as number]!, this.#root),
          false,
        );
    }
  }

  #targets(action: OverlayAction, key: "target" | "copy"): readonly Path[] | undefined {
    const expression = action[key]!;
    const found = targets(this.#root, expression);
    const at = this.#positions.value(action, key);
    if ("problem" in found) {
      // Offsets in the expression are offsets in the file only where it is written without escapes.
      const start = at.start + Math.max(0, this.#textOf(at).indexOf(expression)) + found.offset;
      const isPlain = this.#textOf(at).includes(expression) && start < at.end;
      this.#sink.report(
        overlayBadPath(isPlain ? this.#positions.range(at.file, start, start + 1) : at, {
          path: expression,
          problem: found.problem,
        }),
      );
      return undefined;
    }
    if (found.length > 0) return found;
    this.#sink.report(
      overlayNoTarget(at, { path: expression, spec: this.#file, suggestion: nearestPart(this.#root, expression) }),
    );
    return undefined;
  }

  /** Last items and innermost values first, so that the paths of the others stay true. */
  #remove(paths: readonly Path[], action: OverlayAction): void {
    for (const path of [...paths].sort((a, b) => byPlace(b, a))) {
      const key = path.at(-1);
      if (key === undefined) {
        this.#sink.report(overlayRemovesAll(this.#positions.value(action, "target"), { spec: this.#file }));
        return;
      }
      const parent = this.#drafted(path.slice(0, -1));
      if (!Array.isArray(parent)) {
        delete parent[key];
        continue;
      }
      for (let index = Number(key); index < parent.length - 1; index++) this.#positions.move(parent, index + 1, index);
      parent.splice(Number(key), 1);
    }
  }

  #merge(paths: readonly Path[], action: OverlayAction, key: "update" | "copy", value: JsonValue, isForeign: boolean): void {
    for (const path of paths) {
      if (path.length === 0) {
        const merged = this.#merged(this.#root, value, action, key, isForeign);
        if (merged !== undefined) this.#root = merged;
        continue;
      }
      const parent = this.#drafted(path.slice(0, -1));
      const last = path.at(-1)! as number;
      const merged = this.#merged(parent[last]!, value, action, key, isForeign);
      if (merged === undefined) return;
      if (typeof merged !== "object" || merged === null) this.#positions.borrow(parent, last, action, key);
      parent[last] = merged;
    }
  }

  /** Overlay 1.1 §4.4.4: objects are merged, arrays get more items, and everything else is replaced. */
  #merged(target: JsonValue, value: JsonValue, holder: object, key: string | number, isForeign: boolean): JsonValue | undefined {
    if (Array.isArray(target)) {
      const draft = this.#draft(target);
      const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
      for (const [index, item] of items.entries()) {
        if (Array.isArray(value)) this.#positions.borrow(draft, draft.length, value, index);
        else this.#positions.borrow(draft, draft.length, holder, key);
        draft.push(this.#copy(item, isForeign));
      }
      return draft;
    }
    if (!isObject(target)) return this.#copy(value, isForeign);
    if (!isObject(value)) {
      const values = { target: words.object, found: words[kindOf(value)] };
      this.#sink.report(
        overlayMismatch(this.#positions.value(holder, key), values, {
          related: [{ origin: this.#positions.of(target), text: "the target" }],
        }),
      );
      return undefined;
    }
    const draft = this.#draft(target);
    for (const [name, item] of Object.entries(value)) {
      const own = Object.hasOwn(draft, name) ? draft[name as unknown as number] : undefined;
      const merged = own === undefined ? this.#copy(item, isForeign) : this.#merged(own, item, value, name, isForeign);
      if (merged === undefined) return undefined;
      if (own === undefined || typeof own !== "object" || own === null) this.#positions.borrow(draft, name, value, name);
      Object.defineProperty(draft, name, { value: merged, enumerable: true, configurable: true, writable: true });
    }
    return draft;
  }

  /** The container at a path, and all on the way to it, as ones that may be changed. */
  #drafted(path: Path): Draft {
    let draft = this.#draft(this.#root);
    this.#root = draft;
    for (const key of path) {
      const next = this.#draft(draft[key as number]!);
      draft[key as number] = next;
      draft = next;
    }
    return draft;
  }

  #draft(node: JsonValue): Draft {
    if (this.#own.has(node)) return node as Draft;
    const draft = (Array.isArray(node) ? [...node] : { ...(node as JsonObject) }) as Draft;
    this.#positions.inherit(draft, node as object);
    this.#own.add(draft);
    return draft;
  }

  /** A value is put into the document once for each target, and later actions may change each of them. */
  #copy(value: JsonValue, isForeign: boolean): JsonValue {
    if (typeof value !== "object" || value === null) return value;
    const copy = this.#draft(value);
    // A value that an earlier action put there is ours, and still has to become another one.
    const own = copy === value ? ((Array.isArray(value) ? [...value] : { ...value }) as Draft) : copy;
    if (own !== copy) {
      this.#positions.inherit(own, value);
      this.#own.add(own);
    }
    for (const key of Object.keys(own)) own[key as unknown as number] = this.#copy(own[key as unknown as number]!, isForeign);
    if (isForeign) this.#positions.rebase(own, this.#file);
    return own;
  }
}

function byPlace(a: Path, b: Path): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, other] = [a[index]!, b[index]!];
    if (one === other) continue;
    return typeof one === "number" && typeof other === "number" ? one - other : String(one) < String(other) ? -1 : 1;
  }
  return a.length - b.length;
}
