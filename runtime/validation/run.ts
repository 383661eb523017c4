import { tell } from "./circles.ts";
import type { Key, Validator, Violation, Violations } from "./violations.ts";

/** A validator of a schema that could be asked about one part of a value ever more often. */
export type RunValidator = (value: unknown, found: Violations | null, run: Run) => boolean;

/** Steps before anything is remembered: most values are checked in fewer, and remembering costs more than asking again. */
const freeSteps = 64;
/** Steps for any value, however small. */
const leastSteps = 10_000;

/**
 * One value on its way through validators that contain each other. Each of those that could be asked about one part of
 * it ever more often remembers what came of it, so that the steps are proportional to the size of the value. That they
 * are is also counted: `steps` is how many each part may take, and a value that takes more is refused.
 */
export class Run {
  readonly #value: unknown;
  readonly #steps: number;
  readonly #known = new Map<RunValidator, Map<unknown, boolean>>();
  readonly #told = new Map<RunValidator, Map<unknown, readonly Violation[]>>();
  #taken = 0;
  #bound = leastSteps;
  #isMeasured = false;

  constructor(value: unknown, steps: number) {
    this.#value = value;
    this.#steps = steps;
  }

  /** Nothing that the validators said counts. */
  get isExhausted(): boolean {
    return this.#taken > this.#bound;
  }

  holds(validator: RunValidator, value: unknown): boolean {
    if (!this.#step()) return false;
    if (this.#taken < freeSteps) return validator(value, null, this);
    let answers = this.#known.get(validator);
    if (answers === undefined) this.#known.set(validator, (answers = new Map()));
    const known = answers.get(value);
    if (known !== undefined) return known;
    const isValid = validator(value, null, this);
    answers.set(value, isValid);
    return isValid;
  }

  /** Collects what is wrong inside of a part of the value. What was collected there before is not looked for again. */
  inside(found: Violations, validator: RunValidator, value: unknown, key?: Key, index?: Key): boolean {
    if (!this.#step()) return true;
    let lists = this.#told.get(validator);
    if (lists === undefined) this.#told.set(validator, (lists = new Map()));
    let list = lists.get(value);
    if (list === undefined) {
      const attempt = found.attempt();
      tell(attempt, (part, into) => validator(part, into, this), value, key, index);
      list = attempt.list;
      // A scalar may be in several places.
      if (typeof value === "object" && value !== null) lists.set(value, list);
    }
    for (const violation of list)
      if (!found.isFull && !found.list.some((known) => isSame(known, violation))) found.list.push(violation);
    return found.isFull;
  }

  /** An alternative that `noKind` can ask. */
  of(validator: RunValidator): Validator {
    return (value, found) => (found === null ? this.holds(validator, value) : this.inside(found, validator, value));
  }

  #step(): boolean {
    if (++this.#taken <= this.#bound) return true;
    if (this.#isMeasured) return false;
    this.#isMeasured = true;
    this.#bound = leastSteps + this.#steps * sizeOf(this.#value);
    return this.#taken <= this.#bound;
  }
}

/** Asks a validator that takes a run, as one that does not. `steps`: for each part of the value. */
export function bounded(validator: RunValidator, value: unknown, found: Violations | null, steps: number): boolean {
  const run = new Run(value, steps);
  const isValid = validator(value, null, run);
  if (found === null || (isValid && !run.isExhausted)) return isValid && !run.isExhausted;
  const before = found.list.length;
  const collecting = run.isExhausted ? run : new Run(value, steps);
  if (!run.isExhausted) validator(value, found, collecting);
  if (!collecting.isExhausted) return false;
  found.list.length = before;
  found.add("steps", "takes more steps to check than a value of its size may");
  return false;
}

const isSame = (a: Violation, b: Violation): boolean =>
  a.pointer === b.pointer && a.keyword === b.keyword && a.message === b.message;

/** Parts of a value: itself, members and items, and those of them. */
function sizeOf(value: unknown): number {
  let size = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const part = waiting.pop();
    size++;
    if (typeof part !== "object" || part === null) continue;
    for (const inner of Array.isArray(part) ? part : Object.values(part)) waiting.push(inner);
  }
  return size;
}
