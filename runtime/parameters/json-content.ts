import { parseStrictly } from "../body/json-strict.ts";
import type { Violations } from "../validation/violations.ts";
import { type Decoding, decode } from "./decode.ts";
import { malformed } from "./report.ts";

/** Levels of nesting in a parameter; the head of a request is short. */
const maxDepth = 100;

/** The JSON value that a parameter with `content` holds, read as strictly as a body; undefined where it is none. */
export function readJson(raw: string | undefined, decoding: Decoding, found: Violations | null): unknown {
  if (raw === undefined) return undefined;
  const text = decode(raw, decoding);
  if (text === undefined) return malformed(found);
  const { value, problem } = parseStrictly(text, maxDepth, true);
  // `detail` names places in the text, never what stands there.
  if (problem !== undefined)
    found?.add("content", `must be JSON: ${problem.detail.replace(/^./, (first) => first.toLowerCase()).replace(/\.$/, "")}`);
  return value;
}
