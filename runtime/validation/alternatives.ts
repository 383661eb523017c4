import { nearest, severalKinds } from "./report.ts";
import type { Key, Validator, Violations } from "./violations.ts";

/**
 * `anyOf` and `oneOf` in schemas that contain themselves, where violations are collected. To ask first whether an
 * alternative holds, and then what is wrong with it, would go through what is inside of the value twice, and at each
 * level again. So what is wrong with it is collected, and it holds where that is nothing.
 *
 * An alternative is a validator, or a boolean where it was settled before.
 */
export type Alternative = Validator | boolean;

/**
 * Tells what is wrong if no alternative holds; whether to stop, as always. `told`: alternatives for one kind of value
 * each, false for those that are for another kind. What is wrong with the one that is left is what matters.
 */
export function noKind(
  found: Violations,
  told: readonly Alternative[],
  others: readonly Alternative[],
  value: unknown,
  key?: Key,
  index?: Key,
): boolean {
  return notSo(found, told, others, false, value, key, index);
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
  return notSo(found, told, others, true, value, key, index);
}

function notSo(
  found: Violations,
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
      attempt.inside(alternative, value, key, index);
      if (attempt.list.length === 0) count++;
      else attempts.push(attempt);
    }
  }
  if (count === 0) return nearest(found, likely.length > 0 ? likely : possible, key, index);
  return isOne && count > 1 && severalKinds(found, key, index);
}
