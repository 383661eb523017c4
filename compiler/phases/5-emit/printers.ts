import type { EmittedBy, EmittedData } from "../../ir/emitted.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import { JsExpression } from "../../text/js-value.ts";
import { printExpressionInto } from "./expressions.ts";
import { inFilledLines } from "./filled-lines.ts";
import type { ModuleWriter } from "./module-writer.ts";
import { ReaderPrinter } from "./parameters/reader-printer.ts";

/** Prints what stands in the place of an `emitted` node of a config. */
export interface Printer<Data> {
  /** Whatever it needs at module level is written to the module at once, so that it stands before the code that uses it. */
  print(data: Data, writer: ModuleWriter): JsExpression;
}

/** What printers know beside the node that they print. */
export interface Printing {
  readonly ir: GatewayIr;
  /** An emitted validator; it is remembered that it has to be printed. */
  validator(schema: string, writer: ModuleWriter): JsExpression;
}

export type Printers = { readonly [By in EmittedBy]: Printer<EmittedData[By]> };

/** One row for each kind of emitted code. A printer lives as long as the modules of one gateway are written. */
export const createPrinters = ({ ir, validator }: Printing): Printers => ({
  expression: {
    print: (expression, writer) => new JsExpression(`(x) => ${printExpressionInto(expression, writer)}`),
  },
  validator: { print: ({ schema }, writer) => validator(schema, writer) },
  parameterReader: new ReaderPrinter(ir, validator),
  words: { print: ({ words }) => inFilledLines(words) },
});

/** What is printed as the name of something that stands elsewhere: wherever it is used, it is the same. */
export const namedElsewhere: { readonly [By in EmittedBy]?: true } = { validator: true };
