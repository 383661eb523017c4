import type { Place } from "./compare-answers.ts";

/** Names that are written: such as schemas have, and none that may be a value itself, as keys of maps are. */
const isName = (name: string): boolean => /^[A-Za-z_$@][\w$-]{0,39}$/.test(name) && name.replace(/[^0-9]/g, "").length <= 4;

/** Longest path; what is deeper is not shown. */
const mostNames = 20;

/**
 * Where the difference is: `status`, `header location`, `body`, or `body /items/3/price` (RFC 6901) with `*` for names that
 * may say something of a person.
 */
export function pointerOf(place: Place): string {
  if (place.part === "status") return "status";
  if (place.part === "field") return `header ${place.name}`;
  const { path = [] } = place.json ?? {};
  const names = path.slice(0, mostNames).map((name) => (typeof name === "number" || isName(name) ? String(name) : "*"));
  const pointer = names.map((name) => `/${name}`).join("");
  return pointer === "" ? "body" : `body ${pointer}${path.length > mostNames ? "/…" : ""}`;
}
