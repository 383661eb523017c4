import { isAnyText } from "../../../contract/parameters/proven.ts";
import { formatOrigin } from "../../../ir/origin.ts";
import type { ParameterIr } from "../../../ir/parameter.ts";
import type { PathPattern } from "../../../ir/route.ts";
import { jsProperty, jsString } from "../../../text/js.ts";
import { type JsValue, jsValue } from "../../../text/js-value.ts";
import { type Check, schemaCheck } from "./checks.ts";
import { type UnknownQuery, writeCookiePass, writeQueryPass } from "./pair-pass.ts";
import type { ParameterWriter } from "./parameter-writer.ts";
import { writePathTexts } from "./path-texts.ts";
import { decodingOf, type Reading, readings, textOf } from "./readings.ts";
import { collected, isAbsent, isSent, type Texts } from "./texts.ts";

export type { UnknownQuery } from "./pair-pass.ts";
export { type ParameterModule, ParameterWriter } from "./parameter-writer.ts";

export interface ReaderOptions {
  /** Name of the function: `readListOrdersParameters`. */
  readonly name: string;
  /** What the comment above it says: `listOrders`. */
  readonly operation: string;
  /** Of the public path that the route has matched. */
  readonly path: PathPattern;
  readonly query: UnknownQuery;
  /**
   * Where the values go, as an expression that can be assigned to, for the parameters that somebody asks for:
   * `{ path: { orderId: "7" }, query: { limit: 20 }, header: {}, cookie: {} }`, with names as declared, and undefined for
   * what was not sent and has no default. Without it no object is made.
   */
  readonly values?: { readonly target: string; readonly wanted: ReadonlySet<ParameterIr> };
  /** Name of a function that is asked at the end: it reads what several operations have in common. */
  readonly last?: string;
}

/**
 * Prints `function name(x, problems)`: whether all parameters are what they are declared to be. `problems` is a
 * ParameterProblems, or null to stop at the first violation. Values are assigned only where all are valid.
 */
export function writeParameterReader(parameters: readonly ParameterIr[], options: ReaderOptions, writer: ParameterWriter): void {
  writer.startFunction();
  const all = parameters.map((parameter) => textsOf(parameter, writer));
  writer.comment(`Parameters of ${options.operation}`);
  writer.block(`function ${options.name}(x, problems) {`, undefined, () => {
    const inPath = all.filter(({ parameter }) => parameter.in === "path");
    writePathTexts(
      options.path,
      new Map(inPath.filter((texts) => isRead(texts, options, writer)).map(({ parameter, one }) => [parameter.name, one!])),
      undefined,
      writer,
    );
    writeQueryPass(
      all.filter(({ parameter }) => parameter.in === "query"),
      options.query,
      writer,
    );
    writeCookiePass(
      all.filter(({ parameter }) => parameter.in === "cookie"),
      writer,
    );
    for (const texts of all) if (isRead(texts, options, writer)) writeParameter(texts, options, writer);
    writeValues(all, options, writer);
    const isValid = options.last === undefined ? "problems === null || problems.isEmpty" : `${options.last}(x, problems)`;
    writer.line(options.values === undefined ? `return ${isValid};` : "return true;", undefined);
  });
  writer.line("", undefined);
}

function textsOf(parameter: ParameterIr, writer: ParameterWriter): Texts {
  const { one, many, parts } = collected(parameter);
  const { name } = parameter;
  return {
    parameter,
    value: writer.local(name),
    ...(one ? { one: writer.local(`${name} text`) } : {}),
    ...(many ? { many: writer.local(`${name} texts`) } : {}),
    ...(parts ? { parts: writer.local(`${name} parts`) } : {}),
  };
}

const isWanted = ({ parameter }: Texts, { values }: ReaderOptions): boolean => values?.wanted.has(parameter) === true;

const isRead = (texts: Texts, options: ReaderOptions, writer: ParameterWriter): boolean =>
  (isWanted(texts, options) && texts.parameter.enforced === "value") || !isAnyText(texts.parameter, writer.schemaOf);

function writeParameter(texts: Texts, options: ReaderOptions, writer: ParameterWriter): void {
  const { parameter, value, one } = texts;
  const { origin, in: where, name } = parameter;
  writer.line(
    `// ${formatOrigin(origin).replaceAll(/[\r\n\u2028\u2029]/g, " ")} ${where} ${JSON.stringify(name).replaceAll(/[\u2028\u2029]/g, " ")}`,
    origin,
  );
  if (where === "header")
    writer.line(`const ${one} = ${writer.own("fields", "fieldText")}(x.headers, ${jsString(name.toLowerCase())});`, origin);
  const isValued = parameter.enforced === "value";
  if (isValued) writer.line(`let ${value};`, origin);
  const found = `problems.of(${jsString(where)}, ${jsString(name)})`;
  if (where === "path") {
    if (isValued) writeValue(texts, found, writer);
    return;
  }
  if (parameter.required) {
    const missing = (): void => {
      writer.line("if (problems === null) return false;", origin);
      writer.line(`${writer.own("report", "absent")}(${found});`, origin);
    };
    writer.block(`if (${isAbsent(texts)}) {`, origin, missing, isValued ? "} else {" : "}");
    if (isValued) writer.block("", origin, () => writeValue(texts, found, writer));
  } else if (isValued) {
    const isFilled = parameter.default !== undefined && isWanted(texts, options);
    if (isFilled) writer.line(`if (${isAbsent(texts)}) ${value} = ${jsValue(parameter.default as JsValue)};`, origin);
    writer.block(isFilled ? "else {" : `if (${isSent(texts)}) {`, origin, () => writeValue(texts, found, writer));
  }
}

/** The statements that read and check what was sent. */
function writeValue(texts: Texts, found: string, writer: ParameterWriter): void {
  const { parameter, value, one, many } = texts;
  const { origin, allowEmptyValue, shape } = parameter;
  const text = one ?? (many === undefined ? undefined : `${many}?.length === 1 ? ${many}[0] : undefined`);
  if (!allowEmptyValue || text === undefined) return writeReadings(texts, found, writer);
  const empty = shape.scalar.includes("string")
    ? '""'
    : shape.items !== undefined
      ? "[]"
      : shape.properties !== undefined
        ? "{}"
        : "undefined";
  const filled = parameter.default === undefined ? empty : jsValue(parameter.default as JsValue);
  writer.line(`if ((${text}) === "") ${value} = ${empty === "undefined" ? filled : empty};`, origin);
  writer.block("else {", origin, () => writeReadings(texts, found, writer));
}

function writeReadings(texts: Texts, found: string, writer: ParameterWriter): void {
  const { parameter, value } = texts;
  const { origin } = parameter;
  const check = schemaCheck(parameter, value, writer);
  const all = readings(texts, check.kind !== "none", writer);
  const collector = `problems && ${found}`;
  if (all.length > 1) {
    const isWrong = `${value} === undefined${check.kind === "validator" ? ` || !${check.name}(${value}, null)` : ""}`;
    writeChoices(texts, all, isWrong, found, check.kind === "validator" ? check.name : undefined, writer);
    return;
  }
  if (!writeFirst(texts, all[0]!.expression(collector), collector, writer)) {
    if (check.kind === "validator")
      writer.line(`if (!${check.name}(${value}, ${collector}) && problems === null) return false;`, origin);
    if (check.kind === "inline") writeChecks(check.checks, found, parameter, writer);
    return;
  }
  writer.line(`if (${value} === undefined) {`, origin);
  writer.indented(() => writer.line("if (problems === null) return false;", origin));
  if (check.kind === "validator") {
    writer.block(
      `} else if (problems === null) {`,
      origin,
      () => writer.line(`if (!${check.name}(${value}, null)) return false;`, origin),
      `} else ${check.name}(${value}, ${found});`,
    );
  } else if (check.kind === "inline" && check.checks.length > 0) {
    writer.block("} else {", origin, () => writeChecks(check.checks, found, parameter, writer));
  } else writer.line("}", origin);
}

function writeChecks(checks: readonly Check[], found: string, { origin }: ParameterIr, writer: ParameterWriter): void {
  for (const { wrong, report } of checks) {
    writer.block(`if (${wrong}) {`, origin, () => {
      writer.line("if (problems === null) return false;", origin);
      writer.line(report(found), origin);
    });
  }
}

/**
 * The only reading; the common ones are spelt out, so that nothing is called for a value that is as expected. Returns
 * whether it may fail.
 */
function writeFirst({ parameter, value, one }: Texts, reading: string, collector: string, writer: ParameterWriter): boolean {
  const { origin, shape, content } = parameter;
  const [type] = shape.scalar;
  const isScalar =
    content === undefined &&
    one !== undefined &&
    shape.scalar.length === 1 &&
    shape.items === undefined &&
    shape.properties === undefined;
  const isBare = isScalar && textOf(parameter, one, "null", writer) === one;
  if (isBare && type === "integer") {
    writer.line(`${value} = ${writer.own("scalars", "readInteger")}(${one});`, origin);
    writer.line(`if (${value} !== ${value}) ${value} = ${reading};`, origin);
  } else if (isBare && type === "boolean") {
    writer.line(`${value} = ${one} === "true" ? true : ${one} === "false" ? false : ${reading};`, origin);
  } else if (isBare && type === "string") {
    const decoding = decodingOf(parameter);
    if (decoding === 0) {
      writer.line(`${value} = ${one};`, origin);
      return false;
    }
    const decoded = `${writer.own("decode", "decode")}(${one}, ${decoding})`;
    writer.line(`${value} = ${decoded} ?? ${writer.own("report", "malformed")}(${collector});`, origin);
  } else writer.line(`${value} = ${reading};`, origin);
  return true;
}

/** Several readings: the first that the schema accepts; where none is, the first that has something to say tells what is wrong. */
function writeChoices(
  { parameter, value }: Texts,
  all: readonly Reading[],
  isWrong: string,
  found: string,
  validator: string | undefined,
  writer: ParameterWriter,
): void {
  const { origin } = parameter;
  for (const [index, reading] of all.entries()) {
    const assign = `${value} = ${reading.expression("null")};`;
    writer.line(index === 0 ? assign : `if (${isWrong}) ${assign}`, origin);
  }
  writer.block(`if (${isWrong}) {`, origin, () => {
    writer.line("if (problems === null) return false;", origin);
    const collector = writer.local("found");
    writer.line(`const ${collector} = ${found};`, origin);
    const telling = [...all.filter(({ isOfNull }) => !isOfNull), ...all.filter(({ isOfNull }) => isOfNull)];
    for (const [index, reading] of telling.entries()) {
      const read = `${value} = ${reading.expression(collector)};`;
      writer.line(index === 0 ? read : `if (${collector}.list.length === 0) ${read}`, origin);
      if (validator !== undefined)
        writer.line(
          `if (${value} !== undefined && ${collector}.list.length === 0) ${validator}(${value}, ${collector});`,
          origin,
        );
    }
    writer.line(`${writer.own("report", "unfit")}(${collector});`, origin);
  });
}

function writeValues(all: readonly Texts[], { values }: ReaderOptions, writer: ParameterWriter): void {
  if (values === undefined) return;
  const places = (["path", "query", "header", "cookie"] as const).map((where) => {
    const members = all
      .filter(({ parameter }) => parameter.in === where && parameter.enforced === "value" && values.wanted.has(parameter))
      .map(({ parameter, value }) => `${jsProperty(parameter.name)}: ${value}`);
    return `${where}: ${members.length === 0 ? "{}" : `{ ${members.join(", ")} }`}`;
  });
  writer.line("if (problems !== null && !problems.isEmpty) return false;", undefined);
  writer.line(`${values.target} = { ${places.join(", ")} };`, undefined);
}
