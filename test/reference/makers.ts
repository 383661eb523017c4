import type { EmittedBy, EmittedData, EmittedIr } from "../../compiler/ir/emitted.ts";
import type { Geo } from "../../runtime/geo/geo.ts";
import { interpretExpression } from "./expression-bindings.ts";

/** What makers know beside the node. */
export interface Making {
  /** What knows where clients are, where the gateway has it. */
  geo(): Geo | undefined;
  /** What the compiler prints in the place of the node. */
  printed(node: EmittedIr): unknown;
}

/** Gives a value that does what the code does that is emitted for `data`. */
type Maker<By extends EmittedBy> = (data: EmittedData[By], node: EmittedIr<By>, making: Making) => unknown;

/**
 * Validators and parameter readers have references of their own (ajv, and the tables of `parameters.ts`), so the interpreter
 * of gateways takes them as the compiler prints them and looks at what is around them.
 */
const asPrinted = (_data: unknown, node: EmittedIr, { printed }: Making): unknown => printed(node);

/** One row for each kind of emitted code. */
export const makers: { readonly [By in EmittedBy]: Maker<By> } = {
  expression: (expression, _node, { geo }) => interpretExpression(expression, geo()),
  validator: asPrinted,
  parameterReader: asPrinted,
  words: ({ words }) => words,
};

/** What the interpreter has no other way to make. */
export const isAsPrinted = ({ by }: EmittedIr): boolean => makers[by] === asPrinted;

export function makeEmitted<By extends EmittedBy>(node: EmittedIr<By>, making: Making): unknown {
  return makers[node.by](node.data, node, making);
}
