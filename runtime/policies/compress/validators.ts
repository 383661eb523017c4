import type { UpstreamRequest } from "../../exchange/exchange.ts";

/** An entity tag (RFC 9110 §8.8.3). */
const tagPattern = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** As they are in a field. */
export const entityTags = (field: string): readonly string[] => [...field.matchAll(tagPattern)].map(([tag]) => tag);

/**
 * What the service is asked of validators that we weakened. In `If-None-Match` a weak tag is followed by the strong one: the
 * two compare as equal there (RFC 9110 §13.1.2), but not every service knows it. In `If-Range` a weak tag never matches
 * (§13.1.5), so the answer is to be whole.
 */
export function passValidators({ headers }: UpstreamRequest): void {
  const known = headers.get("if-none-match");
  if (known?.includes("W/") === true) {
    const tags = [...known.matchAll(tagPattern)];
    const all = new Set(tags.flatMap(([tag, weak, strong]) => (weak === undefined ? [tag] : [tag, strong!])));
    if (all.size > 0) headers.set("If-None-Match", [...all].join(", "));
  }
  if (headers.get("if-range")?.trimStart().startsWith("W/") !== true) return;
  headers.delete("if-range");
  headers.delete("range");
}
