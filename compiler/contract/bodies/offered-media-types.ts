import type { MediaRangeIr } from "../../ir/body.ts";
import { isRange, parseRange } from "./media-range.ts";
import { type BodyOwner, entriesOf, resolved } from "./spec-tree.ts";

/**
 * The media types that an operation may answer with when all goes well; empty where nothing can
 * be said: no success response has content, or one has a range for it. Looks at no schema, so that it costs next to
 * nothing. `version`: the media type parameter that names the version of the API, which is no part of what is offered.
 */
export function offeredMediaTypes({ spec, operation }: BodyOwner, version: string | undefined): readonly string[] {
  const contents = (wanted: RegExp): string[] =>
    entriesOf(operation.responses).flatMap(([status, item]) =>
      wanted.test(status) ? entriesOf(resolved(item, spec)?.content).map(([key]) => key) : [],
    );
  const successes = contents(/^2([0-9]{2}|XX)$/i);
  const offered = new Set<string>();
  for (const key of successes.length > 0 ? successes : contents(/^default$/)) {
    const range = parseRange(key)?.range;
    if (range === undefined || isRange(range)) return [];
    offered.add(fieldText(range, version?.toLowerCase()));
  }
  // The order of keys in a file decides nothing.
  return [...offered].sort();
}

/** As a field names it, without one of its parameters. */
function fieldText({ type, subtype, parameters }: MediaRangeIr, left: string | undefined): string {
  let text = `${type}/${subtype}`;
  for (let index = 0; index < parameters.length; index += 2) {
    const [name, value] = [parameters[index]!, parameters[index + 1]!];
    if (name !== left)
      text += `;${name}=${/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}
