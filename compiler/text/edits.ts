/** Changes to a list of names and values, as users write them; done in this order. */
export interface EditOptions {
  readonly rename?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
  readonly set?: Readonly<Record<string, unknown>>;
  readonly add?: Readonly<Record<string, unknown>>;
}

/** Two changes of which one undoes or hides the other. */
export interface Contradiction {
  readonly name: string;
  readonly first: string;
  readonly second: string;
  /** JSON pointers below the edits. */
  readonly firstAt: string;
  readonly secondAt: string;
}

/** Finds names that two changes treat differently. `normal` brings names that are the same to one spelling. */
export function contradictions(edits: EditOptions, normal: (name: string) => string): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const uses = new Map<string, { readonly what: string; readonly at: string }[]>();
  for (const { name, what, at } of allUses(edits)) {
    const key = normal(name);
    const earlier = uses.get(key) ?? [];
    const clash = earlier.find((use) => !mayStandTogether.has(`${use.what} ${what}`));
    if (clash !== undefined) found.push({ name, first: clash.what, second: what, firstAt: clash.at, secondAt: at });
    uses.set(key, [...earlier, { what, at }]);
  }
  return found;
}

/** A value put in place and a further line; a name given up and taken again. */
const mayStandTogether = new Set(["set add", "add add", "rename from set", "rename from add", "rename to add"]);

function* allUses(edits: EditOptions): Generator<{ readonly name: string; readonly what: string; readonly at: string }> {
  for (const [from, to] of Object.entries(edits.rename ?? {})) {
    yield { name: from, what: "rename from", at: `/rename/${token(from)}` };
    yield { name: to, what: "rename to", at: `/rename/${token(from)}` };
  }
  for (const [index, name] of (edits.remove ?? []).entries()) yield { name, what: "remove", at: `/remove/${index}` };
  for (const name of Object.keys(edits.set ?? {})) yield { name, what: "set", at: `/set/${token(name)}` };
  for (const name of Object.keys(edits.add ?? {})) yield { name, what: "add", at: `/add/${token(name)}` };
}

/** One reference token of a JSON pointer (RFC 6901 §3). */
export const token = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
