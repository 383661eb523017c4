import { type AlternativesKeyword, nearest, severalKinds } from "./report.ts";
import type { Key, Validator, Violations } from "./violations.ts";

/**
 * `anyOf` and `oneOf` in schemas that contain themselves, where violations are collected. To ask first whether an
 * alternative holds, and then what is wrong with it, would go through what is inside of the value twice, and at each
 * level again. So what is wrong with it is collected, and it holds where that is nothing.
 *
 * An alternative is a validator, or a boolean where it was settled before.
 */
export type Alternative = Validator | boolean;

/** Validators inside of each other that tell what is wrong; to tell takes more of the stack than to decide. */
const mostDeep = 250;
let depth = 0;

/** Collects what is wrong inside of a part of a value, in schemas that contain themselves. */
export function tell(found: Violations, validator: Validator, value: unknown, key?: Key, index?: Key): boolean {
  if (depth === mostDeep)
    return !validator(value, null) && found.add("depth", "is not valid, and too deep to say why", key, index);
  depth++;
  try {
    return found.inside(validator, value, key, index);
  } finally {
    depth--;
  }
}

/**
 * Tells what is wrong if no alternative holds; whether to stop, as always. `told`: alternatives for one kind of value
 * each, false for those that are for another kind. What is wrong with the one that is left is what matters.
 */
export function noKind(
  found: Violations,
  keyword: AlternativesKeyword,
  told: readonly Alternative[],
  others: readonly Alternative[],
  value: unknown,
  key?: Key,
  index?: Key,
): boolean {
  return notSo(found, keyword, told, others, false, value, key, index);
}

/** The same where exactly one alternative has to hold. */
export function notOneKind(
  found: Violations,
  told: readonly Alternative[],
  others: readonly Alternative[],
  value: unknown,
  key?: Key,
  index?: Key,
): boolean {
  return notSo(found, "oneOf", told, others, true, value, key, index);
}

function notSo(
  found: Violations,
  keyword: AlternativesKeyword,
  told: readonly Alternative[],
  others: readonly Alternative[],
  isOne: boolean,
  value: unknown,
  key?: Key,
  index?: Key,
): boolean {
  const likely: Violations[] = [];
  const possible: Violations[] = [];
  let count = 0;
  for (const [alternatives, attempts] of [
    [told, likely],
    [others, possible],
  ] as const) {
    for (const alternative of alternatives) {
      if (typeof alternative === "boolean") {
        if (alternative) count++;
        continue;
      }
      const attempt = found.attempt();
      tell(attempt, alternative, value, key, index);
      if (attempt.list.length === 0) count++;
      else attempts.push(attempt);
    }
  }
  const meant = likely.length > 0 ? likely : possible;
  if (count === 0) return nearest(found, keyword, meant, meant.length === 1, key, index);
  return isOne && count > 1 && severalKinds(found, [], key, index);
}
