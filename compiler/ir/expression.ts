import type { LiteralValue, MacroName, Span } from "../expressions/ast.ts";
import type { OverloadId } from "../expressions/overloads.ts";
import type { ScalarKind } from "../expressions/types.ts";
import type { TemplatePiece } from "../text/path-template.ts";
import type { Origin } from "./origin.ts";
import type { Constant } from "./schema.ts";

/**
 * What generated code must know of the type of a value: how it is represented at run time. Static `int` and `uint` are
 * numbers where safe and bigints where not; values of type `dyn` carry their type (`int` is a bigint, `uint` a `Uint`).
 */
export type ValueType =
  | { readonly kind: ScalarKind | "type" | "dyn" | "object" }
  | { readonly kind: "list"; readonly element: ValueType }
  | { readonly kind: "map"; readonly key: ValueType; readonly value: ValueType }
  | { readonly kind: "union"; readonly members: readonly ValueType[] };

/** A checked expression with every overload chosen. Plain JSON. */
export interface ExpressionIr {
  readonly kind: "expression";
  readonly text: string;
  readonly type: ValueType;
  readonly root: TypedNode;
  readonly reads: Reads;
  /** All that its value may be, where a schema lists that. */
  readonly values?: readonly Constant[];
  /** Where the public path has the parameters that the expression reads; attached with the origin. */
  readonly inPath?: Readonly<Record<string, PathParameterIr>>;
  /** How the query parameters are read that the expression reads and the operation declares. */
  readonly inQuery?: Readonly<Record<string, DeclaredParameterIr>>;
  /** The same for header fields, by lower-case name. */
  readonly inHeaders?: Readonly<Record<string, DeclaredParameterIr>>;
  /** Place of the whole expression; absent until the compiler attaches it. */
  readonly origin?: Origin;
}

/** A parameter of the public path: where it stands, and what its text may be (`scalarBits` of its types). */
export interface PathParameterIr {
  readonly piece: TemplatePiece;
  readonly types: number;
  /** Which part of the piece it is: all behind the slash, or one of two parameters that touch. */
  readonly part?: "rest" | { readonly take: number; readonly known: number; readonly texts: readonly string[] };
}

/** A query parameter or header field that an operation declares. */
export interface DeclaredParameterIr {
  /** What its text may be, or that of its items (`scalarBits`). */
  readonly types: number;
  /** A list: what stands between its items; `repeated` where the name comes with each. */
  readonly list?: "repeated" | "," | "|" | " ";
  /** `+` is no space in it. */
  readonly reserved?: true;
  /** Where it is not sent. */
  readonly default?: Constant;
}

/** What clients and services fill under names of their own. */
export const maps = ["request.headers", "request.query", "response.headers"] as const;

export type WholeMap = (typeof maps)[number];

/** What of an exchange an expression looks at. */
export interface Reads {
  /** Lower-case field names; `"*"` where any may be read. */
  readonly headers: readonly string[];
  /** The same of the fields of an answer; absent where none is read. */
  readonly answerHeaders?: readonly string[];
  /** Names of query parameters; `"*"` where any may be read. */
  readonly query: readonly string[];
  readonly params: readonly string[];
  /** Those of `maps` of which any part may be what the value shows: read as a whole, or by a name that is computed. */
  readonly whole?: readonly WholeMap[];
  readonly body: boolean;
  readonly identity: boolean;
  readonly peer: boolean;
  readonly now: boolean;
  /** Every declared variable by name. */
  readonly variables: readonly string[];
}

/** `type` says what the node gives; `at` is its place in the text. */
export type TypedNode =
  | ({ readonly kind: "constant"; readonly value: LiteralValue["value"] } & Typed)
  /** A constant of type `type`: `int`, `google.protobuf.Timestamp`. */
  | ({ readonly kind: "typeName"; readonly name: string } & Typed)
  /** `external`: holds JSON from outside, whose parts are checked where they are read. */
  | ({ readonly kind: "variable"; readonly name: string; readonly external: boolean; readonly optional: boolean } & Typed)
  | ({ readonly kind: "local"; readonly name: string; readonly external: boolean } & Typed)
  /** A field of an object, or of a map with string keys, or of a `dyn`. */
  | ({ readonly kind: "field"; readonly operand: TypedNode; readonly name: string } & Typed)
  | ({ readonly kind: "has"; readonly operand: TypedNode; readonly name: string } & Typed)
  | ({ readonly kind: "and" | "or"; readonly operands: readonly TypedNode[] } & Typed)
  | ({
      readonly kind: "conditional";
      readonly condition: TypedNode;
      readonly then: TypedNode;
      readonly otherwise: TypedNode;
    } & Typed)
  | ({ readonly kind: "call"; readonly overload: OverloadId; readonly args: readonly TypedNode[] } & Typed)
  | ({ readonly kind: "list"; readonly items: readonly TypedNode[] } & Typed)
  | ({ readonly kind: "map"; readonly entries: readonly { readonly key: TypedNode; readonly value: TypedNode }[] } & Typed)
  | ({
      readonly kind: "macro";
      readonly macro: MacroName;
      readonly range: TypedNode;
      readonly variable: string;
      readonly variableType: ValueType;
      readonly filter: TypedNode | undefined;
      readonly body: TypedNode;
    } & Typed)
  /** The same value with its type at hand: from a static type to `dyn`. */
  | ({ readonly kind: "box"; readonly operand: TypedNode } & Typed)
  /** From `dyn` or a union to a static type; an error at run time where the value is of another. */
  | ({ readonly kind: "narrow"; readonly operand: TypedNode } & Typed);

interface Typed {
  readonly type: ValueType;
  readonly at: Span;
}
