/** A range of the expression text in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";
export type MacroName = "all" | "exists" | "exists_one" | "map" | "filter";

/** A parsed expression: plain data, every node with its place in the text. */
export type Ast =
  | ({ readonly kind: "literal" } & LiteralValue & Span)
  /** `rooted`: written with a leading dot, so that no local variable is meant. */
  | ({ readonly kind: "name"; readonly name: string; readonly rooted: boolean } & Span)
  /** `field` is the place of the name behind the dot. */
  | ({ readonly kind: "select"; readonly operand: Ast; readonly name: string; readonly field: Span } & Span)
  | ({ readonly kind: "has"; readonly operand: Ast; readonly name: string; readonly field: Span } & Span)
  | ({ readonly kind: "index"; readonly operand: Ast; readonly index: Ast } & Span)
  | ({
      readonly kind: "call";
      readonly name: string;
      readonly target: Ast | undefined;
      readonly args: readonly Ast[];
      readonly callee: Span;
    } & Span)
  | ({ readonly kind: "list"; readonly items: readonly Ast[] } & Span)
  | ({ readonly kind: "map"; readonly entries: readonly { readonly key: Ast; readonly value: Ast }[] } & Span)
  | ({ readonly kind: "not"; readonly operand: Ast } & Span)
  | ({ readonly kind: "negate"; readonly operand: Ast } & Span)
  /** `sign` is the place of the operator. */
  | ({
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Ast;
      readonly right: Ast;
      readonly sign: Span;
    } & Span)
  | ({ readonly kind: "and"; readonly operands: readonly Ast[] } & Span)
  | ({ readonly kind: "or"; readonly operands: readonly Ast[] } & Span)
  | ({ readonly kind: "conditional"; readonly condition: Ast; readonly then: Ast; readonly otherwise: Ast } & Span)
  | ({
      readonly kind: "macro";
      readonly macro: MacroName;
      readonly range: Ast;
      readonly variable: string;
      readonly declared: Span;
    } & MacroBody &
      Span);

interface MacroBody {
  /** Condition in front of the transformation of `map(x, condition, transformation)`. */
  readonly filter: Ast | undefined;
  readonly body: Ast;
}

/** JSON has no 64-bit integers, infinities or bytes: these are kept as text. */
export type LiteralValue =
  | { readonly type: "int" | "uint"; readonly value: string }
  | { readonly type: "double"; readonly value: string }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bytes"; readonly value: readonly number[] }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "null"; readonly value: null };

/** Thrown by lexer and parser, which stop at the first mistake; what follows is mostly its echo. */
export class SyntaxProblem extends Error {
  readonly start: number;
  readonly end: number;
  readonly help: string;

  constructor(message: string, span: Span, help: string) {
    super(message);
    this.start = span.start;
    this.end = span.end;
    this.help = help;
  }
}
