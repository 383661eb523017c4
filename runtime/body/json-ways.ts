/** A pointer that leads to a value, or on to what is below it, and how many of its names have been followed. */
export type Way = readonly [pointer: readonly string[], depth: number];

/** Ways of pointers, each as names and indices, `*` for any. */
export const waysOf = (pointers: readonly (readonly string[])[]): readonly Way[] => pointers.map((pointer) => [pointer, 0]);

/** Those that lead on through this name or index. */
export function followed(ways: readonly Way[], name: string): readonly Way[] {
  if (ways.length === 0) return ways;
  return ways.flatMap(([pointer, depth]): Way[] =>
    pointer[depth] === "*" || pointer[depth] === name ? [[pointer, depth + 1]] : [],
  );
}

/** One of them leads to the value itself. */
export const isThere = (ways: readonly Way[]): boolean => ways.some(([pointer, depth]) => depth === pointer.length);

/** Names of members, wherever they are: in lower case, `*` for any characters. */
export class MemberNames {
  readonly #names: ReadonlySet<string>;
  readonly #patterns: readonly (readonly string[])[];

  constructor(names: readonly string[]) {
    this.#names = new Set(names.filter((name) => !name.includes("*")));
    this.#patterns = names.filter((name) => name.includes("*")).map((name) => name.split("*"));
  }

  /** Those without `*`. */
  get plain(): ReadonlySet<string> {
    return this.#names;
  }

  has(name: string): boolean {
    const lower = name.toLowerCase();
    return this.#names.has(lower) || this.#patterns.some((parts) => matches(lower, parts));
  }
}

/** Whether the text is these parts with anything between them. The first place of each part will do: no step is taken twice. */
function matches(text: string, parts: readonly string[]): boolean {
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
