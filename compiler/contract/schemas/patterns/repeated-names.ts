/** One disjunction that a place is inside of: the group, 0 for the whole pattern, and which of its alternatives. */
interface Alternative {
  readonly group: number;
  readonly index: number;
}

/** A group with a name. */
interface Named {
  readonly name: string;
  /** For `\1`. */
  readonly number: number;
  readonly path: readonly Alternative[];
}

const tokens = /\\k<([^>]*)>|\\[^]|\[(?:\\[^]|[^\]\\])*\]|\(\?P=(\w+)\)|\(\?P?<(?![=!])([^>]*)>|\(\??|\)|\|/g;

/**
 * Groups of one name in different alternatives: ES2025 and .NET have them, and releases of Node before 23 do not, on which a
 * bundle has to start too. Without names they mean the same everywhere: `\k<name>` is the text of whichever group took part, and
 * a reference to one that did not is empty (ECMA-262 §22.2.2.9). What is not valid in ES2025 either comes back as it is.
 */
export function withoutRepeatedNames(pattern: string): string {
  const found = namedGroups(pattern);
  const numbers = new Map<string, number[]>();
  for (const { name, number } of found) numbers.set(name, [...(numbers.get(name) ?? []), number]);
  const isRepeated = (name: string | undefined): boolean => name !== undefined && (numbers.get(name)?.length ?? 0) > 1;
  if (!found.some(({ name }) => isRepeated(name))) return pattern;
  const clash = found.some((one, index) =>
    found.slice(index + 1).some((other) => one.name === other.name && !areApart(one.path, other.path)),
  );
  if (clash) return pattern;
  return pattern.replaceAll(
    tokens,
    (token, byName: string | undefined, inPython: string | undefined, name: string | undefined) => {
      if (isRepeated(name)) return "(";
      const reference = byName ?? inPython;
      if (!isRepeated(reference)) return token;
      return `(?:${numbers
        .get(reference!)!
        .map((number) => `\\${number}`)
        .join("")})`;
    },
  );
}

/** Releases of Node differ in which of them they take; those that have a meaning have no repeated names any more. */
export function hasRepeatedNames(pattern: string): boolean {
  const names = pattern.includes("(?<") ? namedGroups(pattern).map(({ name }) => name) : [];
  return new Set(names).size < names.length;
}

function namedGroups(pattern: string): readonly Named[] {
  const named: Named[] = [];
  const path: { group: number; index: number }[] = [{ group: 0, index: 0 }];
  let groups = 0;
  let captures = 0;
  for (const [token, , inPython, name] of pattern.matchAll(tokens)) {
    if (token === "|") path.at(-1)!.index++;
    else if (token === ")" && path.length > 1) path.pop();
    else if (token[0] === "(" && inPython === undefined) {
      if (token !== "(?") captures++;
      if (name !== undefined) named.push({ name, number: captures, path: path.map((each) => ({ ...each })) });
      path.push({ group: ++groups, index: 0 });
    }
  }
  return named;
}

/** No match goes through both. */
function areApart(one: readonly Alternative[], other: readonly Alternative[]): boolean {
  const fork = one.findIndex(({ group, index }, depth) => other[depth]?.group !== group || other[depth].index !== index);
  return fork >= 0 && one[fork]!.group === other[fork]?.group;
}
