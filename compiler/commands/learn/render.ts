import { stringify } from "yaml";
import { count } from "../../text/words.ts";
import type { Lesson } from "./learn.ts";
import { type Action, actionsOf } from "./overlay-actions.ts";

/** Lessons as text for a terminal, by operation. */
export function renderLessons(lessons: readonly Lesson[]): string {
  const lines: string[] = [];
  let operation = "";
  for (const lesson of lessons) {
    if (lesson.operation !== operation) {
      operation = lesson.operation;
      lines.push(`${lines.length === 0 ? "" : "\n"}${lesson.method} ${lesson.path}  ${operation}`);
    }
    const refused =
      lesson.refused === 0 ? "" : lesson.refused === lesson.count ? ", refused" : `, ${lesson.refused} of them refused`;
    lines.push(`  ${String(lesson.count).padStart(6)}×  ${describe(lesson)}${refused}`);
    for (const action of actionsOf(lesson.changes)) lines.push(`           overlay  ${actionText(action)}`);
    if (lesson.changes.length === 0) lines.push(`           allow    ${lesson.option}`);
    const { time, requestId } = lesson.example;
    const example = [time, requestId === undefined ? undefined : `request ${requestId}`].filter((part) => part !== undefined);
    if (example.length > 0) lines.push(`           first    ${example.join(", ")}`);
  }
  return lines.join("\n");
}

function describe({ violation, answered, problem, policy, refusal }: Lesson): string {
  const side = answered === undefined ? "request" : answered === 0 ? "answer" : `answer ${answered}`;
  if (violation === undefined) return `${side}: ${problem} (${refusal} by ${policy})`;
  const { in: where, name, pointer, keyword, property, found } = violation;
  const place = [where, name, pointer].filter((part) => part !== undefined && part !== "").join(" ");
  const about = property === undefined ? "" : ` ${property}`;
  return `${side}: ${place}  ${keyword}${about}${found === undefined ? "" : `, found ${found}`}`;
}

const actionText = (action: Action): string =>
  "remove" in action
    ? `{ target: ${action.target}, remove: true }`
    : `{ target: ${action.target}, update: ${JSON.stringify(action.update)} }`;

/** An OpenAPI Overlay document (version 1.0) with each action once. */
export function overlayText(lessons: readonly Lesson[], gateway: string): string {
  const reasons = new Map<string, string>();
  for (const lesson of lessons)
    for (const { target } of lesson.changes)
      if (!reasons.has(target))
        reasons.set(target, `${lesson.method} ${lesson.path}, ${describe(lesson)}: ${count(lesson.count, "time")} in the log`);
  const actions = actionsOf(lessons.flatMap(({ changes }) => changes)).map(({ target, ...change }) => {
    const description = reasons.get(target);
    return { target, ...(description === undefined ? {} : { description }), ...change };
  });
  return stringify({
    overlay: "1.0.0",
    info: { title: `What ${gateway} learned from its access log`, version: "1.0.0" },
    actions,
  });
}
