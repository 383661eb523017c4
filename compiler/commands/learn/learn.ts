import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { SourceSet } from "../../source/source-set.ts";
import type { LogFinding } from "./log-findings.ts";
import { placesOf } from "./operation-places.ts";
import { type Change, changesFor, optionFor } from "./overlay-actions.ts";

/** What the log says of one thing, and what would allow it. */
export interface Lesson extends Omit<LogFinding, "example"> {
  readonly method: string;
  /** Public template: paths hold values of clients. */
  readonly path: string;
  readonly example: LogFinding["example"];
  /** Key of the spec, as in `SourceSet.specs`, that the overlay is for; undefined where nothing of a spec allows it. */
  readonly version: string | undefined;
  readonly changes: readonly Change[];
  /** Where there are no changes. */
  readonly option: string;
}

/** Lessons of the findings in the log: by operation, the most frequent first. */
export function lessonsOf(findings: readonly LogFinding[], ir: GatewayIr, sources: SourceSet): readonly Lesson[] {
  const lessons = new Map<string, Lesson>();
  for (const finding of findings) {
    const operation = ir.operations.find(({ id }) => id === finding.operation);
    const lesson = lessonOf(finding, operation, ir, sources);
    // Names that the schema leaves open are one place.
    const { count: _, refused: __, example: ___, ...kind } = lesson;
    const key = JSON.stringify(kind);
    const known = lessons.get(key);
    if (known === undefined) lessons.set(key, lesson);
    else {
      known.count += lesson.count;
      known.refused += lesson.refused;
    }
  }
  return [...lessons.values()].sort(
    (a, b) => compare(a.path, b.path) || compare(a.method, b.method) || b.count - a.count || compare(keyOf(a), keyOf(b)),
  );
}

function lessonOf(finding: LogFinding, operation: OperationIr | undefined, ir: GatewayIr, sources: SourceSet): Lesson {
  const { violation, policy, problem, answered } = finding;
  const option = optionFor(policy, problem, violation, answered !== undefined);
  const about = {
    ...finding,
    method: operation?.match.method ?? finding.example.method ?? "",
    path: operation?.match.path.template ?? "(no operation of this gateway)",
    option,
  };
  const places = operation === undefined ? undefined : placesOf(operation, finding, ir, sources);
  if (places === undefined || violation === undefined) return { ...about, version: undefined, changes: [] };
  const changes = changesFor(violation, places, answered);
  const version = changes.length === 0 ? undefined : `${operation!.api}.${operation!.version}`;
  return { ...about, violation: { ...violation, pointer: places.pointer }, version, changes };
}

const keyOf = ({ violation, problem }: Lesson): string => `${violation?.in} ${violation?.name} ${violation?.pointer} ${problem}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
