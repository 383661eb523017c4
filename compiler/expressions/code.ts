/** A piece of JavaScript. */
export interface Code {
  readonly text: string;
  /** How tightly its outermost operator binds; see `binding`. */
  readonly binds: number;
  /** May throw. */
  readonly fails: boolean;
  /** Identifiers of the function around that it uses. */
  readonly uses: ReadonlySet<string>;
}

export const binding = {
  conditional: 2,
  or: 3,
  and: 4,
  equality: 8,
  relation: 9,
  sum: 11,
  product: 12,
  unary: 15,
  primary: 20,
} as const;

const noUses: ReadonlySet<string> = new Set();

/** A literal, name, call or member expression. */
export const primary = (text: string, parts: readonly Code[] = [], fails = false): Code => ({
  text,
  binds: binding.primary,
  fails: fails || parts.some((part) => part.fails),
  uses: usesOf(parts),
});

export const usesOf = (parts: readonly Code[]): ReadonlySet<string> =>
  parts.length === 0 ? noUses : new Set(parts.flatMap((part) => [...part.uses]));

/** `code` as an operand of something that binds as tightly as `level`. */
export const operand = (code: Code, level: number): string => (code.binds < level ? `(${code.text})` : code.text);

/** `left operator right`, for operators that group to the left. */
export const infix = (left: Code, operator: string, right: Code, level: number): Code => ({
  text: `${operand(left, level)} ${operator} ${operand(right, level + 1)}`,
  binds: level,
  fails: left.fails || right.fails,
  uses: usesOf([left, right]),
});
