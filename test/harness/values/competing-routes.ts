import type { OperationIr } from "../../../compiler/ir/gateway.ts";
import type { Segment } from "../../../compiler/ir/route.ts";

/** Whether another operation than the one that was meant could be asked for a path, by the shape of its template. */
export class CompetingRoutes {
  readonly #byLength = new Map<string, { readonly operation: OperationIr; readonly pattern: RegExp }[]>();

  constructor(operations: readonly OperationIr[]) {
    for (const operation of operations) {
      const { method, path } = operation.match;
      const key = `${method} ${path.segments.length}`;
      const pattern = new RegExp(`^${path.segments.map(patternOf).join("")}$`);
      const known = this.#byLength.get(key);
      if (known === undefined) this.#byLength.set(key, [{ operation, pattern }]);
      else known.push({ operation, pattern });
    }
  }

  of(operation: OperationIr, target: string): readonly OperationIr[] {
    const path = target.split("?")[0]!;
    const { match } = operation;
    const all = this.#byLength.get(`${match.method} ${match.path.segments.length}`) ?? [];
    return all.filter((other) => other.operation !== operation && other.pattern.test(path)).map((other) => other.operation);
  }
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

function patternOf(segment: Segment): string {
  if (segment.kind === "literal") return `/${literal(segment.text)}`;
  if (segment.kind === "mixed")
    return `/${segment.parts.map((part) => (part.kind === "literal" ? literal(part.text) : "[^/]+")).join("")}`;
  return segment.kind === "rest" ? "(?:/.*)?" : "/[^/]+";
}
