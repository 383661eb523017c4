import { reservedNames } from "./reserved-names.ts";

/** A string literal that means exactly `value`, also inside a `<script>` element and on engines before ES2019. */
export function jsString(value: string): string {
  return JSON.stringify(value)
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029")
    .replace(/<(?=[/!])/g, "\\u003C");
}

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** A property name for an object literal. `__proto__` is computed, as it would set the prototype otherwise. */
export function jsProperty(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return identifier.test(name) ? name : jsString(name);
}

/** A binding name made from any text, distinct from all in `taken`, to which it is added. None ends with an underscore. */
export function jsIdentifier(name: string, taken: Set<string>): string {
  const words = name.split(/[^A-Za-z0-9_$]+/).filter((word) => word !== "");
  const camel = words.map((word, index) => (index === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join("");
  const base = camel === "" ? "unnamed" : /^[0-9]/.test(camel) ? `_${camel}` : camel;
  let candidate = base;
  if (base.endsWith("_") || reservedNames.has(base) || taken.has(base)) {
    // Names are never given back, so the search goes on where the last one for the same base ended: a thousand
    // operations may ask for one name.
    const counts = lastCounts(taken);
    let count = counts.get(base) ?? 2;
    for (candidate = `${base}${count}`; taken.has(candidate); ) candidate = `${base}${++count}`;
    counts.set(base, count);
  }
  taken.add(candidate);
  return candidate;
}

const countsBySet = new WeakMap<Set<string>, Map<string, number>>();

function lastCounts(taken: Set<string>): Map<string, number> {
  let counts = countsBySet.get(taken);
  if (counts === undefined) countsBySet.set(taken, (counts = new Map()));
  return counts;
}
