import type { Key, Violations } from "../validation/violations.ts";

/** What is wrong with parameters before a schema is asked. Each returns undefined, which is not a value of a parameter. */

export function absent(found: Violations | null): undefined {
  found?.add("required", "must be there");
}

export function repeated(found: Violations | null, key?: Key): undefined {
  found?.add("repeated", "must not be there more than once", key);
}

export function malformed(found: Violations | null, key?: Key): undefined {
  found?.add("encoding", "must be percent-encoded UTF-8", key);
}

/** Checkboxes send `on`, and languages write `1` or `True`. */
export function notBoolean(found: Violations | null, orNull: boolean, key?: Key): undefined {
  found?.add("type", `must be ${orNull ? "`true`, `false` or `null`" : "`true` or `false`"}`, key);
}

/** `form`: what the text should look like. */
export function wrongStyle(found: Violations | null, form: string, key?: Key): undefined {
  found?.add("style", `must be written as ${form}`, key);
}

/** A query parameter that the operation does not declare. */
export function unknown(found: Violations | null): undefined {
  found?.add("unknown", "is not a parameter of this operation");
}

/** The value has several possible forms, and none of them. */
export function unfit(found: Violations | null): undefined {
  if (found !== null && found.list.length === 0) found.add("type", "must have one of its possible forms");
}
