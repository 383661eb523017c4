import type { CheckAnswer } from "./check.ts";

/** What a service says of something that it needs itself. */
export type Dependency = {
  readonly name: string;
  /** `pass`, `warn` or `fail`; a word of the service's own where none of those is meant. */
  readonly state: string;
};

/** Bounds of what is kept of one answer, whatever it holds. */
const mostDependencies = 20;
const mostLevels = 3;
const nameLength = 64;
const stateLength = 16;

/** Members that list them: of the draft health+json, Spring Boot, ASP.NET Core, MicroProfile Health and others. */
const lists = ["checks", "components", "entries", "results", "dependencies", "details"] as const;

const words: Readonly<Record<string, string>> = {
  pass: "pass",
  ok: "pass",
  up: "pass",
  healthy: "pass",
  warn: "warn",
  warning: "warn",
  degraded: "warn",
  fail: "fail",
  error: "fail",
  down: "fail",
  unhealthy: "fail",
  out_of_service: "fail",
};

/** From good to bad; words of a service's own are between. */
const order = ["pass", "warn", "fail"];

/**
 * The dependencies that an answer to a health check lists; undefined where it is no JSON, or lists none. Nothing of it is
 * trusted: names and states are short, of bounded number and without control characters.
 */
export function readDependencies({ head, body }: CheckAnswer): readonly Dependency[] | undefined {
  if (head.headers.get("content-type")?.includes("json") !== true) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    // Not whole, or not JSON: it was a status that was asked for.
    return undefined;
  }
  const found: Dependency[] = [];
  collect(value, "", 0, found);
  return found.length === 0 ? undefined : found;
}

function collect(value: unknown, prefix: string, level: number, found: Dependency[]): void {
  for (const list of lists) {
    const members = member(value, list);
    if (typeof members !== "object" || members === null) continue;
    const named: readonly (readonly [unknown, unknown])[] = Array.isArray(members)
      ? members.map((one: unknown) => [member(one, "name") ?? member(one, "id"), one])
      : Object.entries(members);
    for (const [name, one] of named) {
      if (found.length >= mostDependencies) return;
      if (typeof name !== "string") continue;
      const path = cleaned(prefix + name, nameLength);
      const state = stateOf(one);
      if (state !== undefined) found.push({ name: path, state });
      if (level + 1 < mostLevels) collect(one, `${path}/`, level + 1, found);
    }
  }
}

/** Of a text, of what has a status, or the worst of several such. */
function stateOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const states = value.slice(0, mostDependencies).flatMap((one: unknown) => stateOf(one) ?? []);
    return states.toSorted((one, other) => badness(other) - badness(one))[0];
  }
  const status = typeof value === "string" ? value : (member(value, "status") ?? member(value, "state"));
  if (typeof status !== "string" || status === "") return undefined;
  const word = status.length > stateLength ? "" : status.toLowerCase();
  if (Object.hasOwn(words, word)) return words[word];
  // A text by itself may be about anything.
  return typeof value === "string" ? undefined : cleaned(status, stateLength);
}

const badness = (state: string): number => {
  const place = order.indexOf(state);
  return place < 0 ? 1.5 : place;
};

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? // An object that has it.
      (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** Without what terminals and viewers act on: control characters, changes of direction, halves of characters. */
const cleaned = (text: string, length: number): string => text.slice(0, length).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
