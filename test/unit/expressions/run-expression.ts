import { type ExpressionIr, type ExpressionNames, exchangeNames, printExpression } from "../../../compiler/expressions/index.ts";
import { jsIdentifier } from "../../../compiler/text/js.ts";
import { innerNames } from "../../../compiler/text/reserved-names.ts";
import * as box from "../../../runtime/expressions/box.ts";
import * as calendar from "../../../runtime/expressions/calendar.ts";
import * as convert from "../../../runtime/expressions/convert.ts";
import * as duration from "../../../runtime/expressions/duration.ts";
import * as dynamic from "../../../runtime/expressions/dynamic.ts";
import * as dynamicConvert from "../../../runtime/expressions/dynamic-convert.ts";
import * as equals from "../../../runtime/expressions/equals.ts";
import * as int from "../../../runtime/expressions/int.ts";
import * as list from "../../../runtime/expressions/list.ts";
import * as map from "../../../runtime/expressions/map.ts";
import * as narrow from "../../../runtime/expressions/narrow.ts";
import * as read from "../../../runtime/expressions/read.ts";
import * as request from "../../../runtime/expressions/request.ts";
import * as text from "../../../runtime/expressions/text.ts";
import * as timestamp from "../../../runtime/expressions/timestamp.ts";
import * as types from "../../../runtime/expressions/types.ts";
import * as uint from "../../../runtime/expressions/uint.ts";
import * as value from "../../../runtime/expressions/value.ts";
import * as clock from "../../../runtime/life/clock.ts";
import * as queryValue from "../../../runtime/routing/query-value.ts";

/** By their paths in `runtime/`, as generated code imports them. */
const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "life/clock": clock,
  "routing/query-value": queryValue,
  "expressions/box": box,
  "expressions/calendar": calendar,
  "expressions/convert": convert,
  "expressions/duration": duration,
  "expressions/dynamic": dynamic,
  "expressions/dynamic-convert": dynamicConvert,
  "expressions/equals": equals,
  "expressions/int": int,
  "expressions/list": list,
  "expressions/map": map,
  "expressions/narrow": narrow,
  "expressions/read": read,
  "expressions/request": request,
  "expressions/text": text,
  "expressions/timestamp": timestamp,
  "expressions/types": types,
  "expressions/uint": uint,
  "expressions/value": value,
};

export interface RunnableExpression {
  readonly text: string;
  readonly declarations: readonly string[];
  readonly fails: boolean;
  run(...args: readonly unknown[]): unknown;
}

/** Compiles the emitted code of an expression as a function of `parameters`. */
export function compileExpression(
  ir: ExpressionIr,
  parameters: readonly string[],
  naming: (names: Pick<ExpressionNames, "declare" | "runtime">) => ExpressionNames,
): RunnableExpression {
  const taken = new Set([...innerNames, ...parameters]);
  const imports = new Map<string, unknown>();
  const base: Pick<ExpressionNames, "declare" | "runtime"> = {
    declare: (hint) => jsIdentifier(hint, taken),
    runtime: (module, name) => {
      const found = modules[module]?.[name];
      if (found === undefined) throw new Error(`runtime/${module} exports no ${name}`);
      for (const [known, value] of imports) if (value === found) return known;
      const local = jsIdentifier(name, taken);
      imports.set(local, found);
      return local;
    },
  };
  const { text: code, declarations, fails } = printExpression(ir, naming(base));
  const source = `"use strict";\n${declarations.join("\n")}\nreturn function (${parameters.join(", ")}) {\n  return ${code};\n};`;
  const make = new Function(...imports.keys(), source) as (
    ...args: readonly unknown[]
  ) => (...args: readonly unknown[]) => unknown;
  return { text: code, declarations, fails, run: make(...imports.values()) };
}

/** Code that has the exchange as `x`, path parameters as `params`, query parameters as `?name` and fields as `name:` among them, and the body as `body`. */
export const compilePolicy = (ir: ExpressionIr): RunnableExpression =>
  compileExpression(ir, ["x", "params", "body"], (names) =>
    exchangeNames({
      ...names,
      geo: () => "geo",
      param: (name) => ({ text: /^\w+$/.test(name) ? `params.${name}` : `params[${JSON.stringify(name)}]`, uses: ["params"] }),
      query: (name) => ({ text: `params[${JSON.stringify(`?${name}`)}]`, uses: ["params"] }),
      header: (name) => ({ text: `params[${JSON.stringify(`${name}:`)}]`, uses: ["params"] }),
    }),
  );
