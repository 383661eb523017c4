import type { Constant, JsonSchema, SchemaObject, SchemaType } from "../../../ir/schema.ts";
import { jsValue } from "../../../text/js-value.ts";
import { arrayChecks } from "./array-checks.ts";
import { combinatorChecks } from "./combinator-checks.ts";
import { withExact } from "./exact-numbers.ts";
import { objectChecks } from "./object-checks.ts";
import { type Check, numberChecks, stringChecks } from "./scalar-checks.ts";
import { isOfNoType, isOfType, namedTypes, normalised } from "./types.ts";
import { literal, type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** `if (typeof name !== "string" && wrongType(found, …)) return false;` */
export function writeCheck({ fails, report }: Check, writer: ValidatorWriter): void {
  const condition = fails.includes(" || ") ? `(${fails})` : fails;
  writer.line(condition === "" ? `if (${report}) return false;` : `if (${condition} && ${report}) return false;`);
}

/**
 * Prints everything that a schema asks of a value. `hint` names what has to be named. As the first thing in a function,
 * a value of the wrong type ends it: nothing else that could be said about the value would help.
 */
export function writeChecks(schema: JsonSchema, subject: Subject, hint: string, isWhole: boolean, writer: ValidatorWriter): void {
  const { keys } = subject;
  if (schema === true) return;
  if (schema === false)
    return writeCheck(
      {
        fails: "",
        report: `${writer.report("neverAllowed")}(found${trail(keys)})`,
      },
      writer,
    );
  const refused = schema["x-gatewright-refused"];
  if (refused !== undefined) {
    const report = writer.report(refused === "readOnly" ? "isReadOnly" : "isWriteOnly");
    return writeCheck({ fails: "", report: `${report}(found${trail(keys)})` }, writer);
  }
  const values = schema.const !== undefined ? [schema.const] : distinct(schema.enum);
  const types = namedTypes(schema);
  const groups = groupsOf(schema, subject, hint, writer);
  if (values !== undefined) {
    writeCheck(valueCheck(schema, values, subject, hint, writer), writer);
    // Listed values that are all of a named type need not be asked for it again.
    const areTyped = types === undefined || values.every((value) => types.some((type) => isValueOfType(value, type)));
    if (!areTyped) writeCheck(typeCheck(types, subject, writer), writer);
    for (const group of groups) group.writeGuarded(writer);
  } else if (types === undefined) for (const group of groups) group.writeGuarded(writer);
  else {
    const check = typeCheck(types, subject, writer);
    const [only] = normalised(types);
    const single = normalised(types).length === 1 ? groups.find((group) => group.types.includes(only!)) : undefined;
    if (single === undefined) {
      writeCheck(check, writer);
      for (const group of groups) group.writeGuarded(writer);
    } else if (isWhole) {
      writer.block(`if (${check.fails})`, () => {
        writer.line(`${check.report};`);
        writer.line("return false;");
      });
      single.write(writer);
    } else {
      writer.block(`if (${check.fails})`, () => writer.line(`if (${check.report}) return false;`), "} else {");
      writer.module.indented(() => single.write(writer));
      writer.line("}");
    }
  }
  combinatorChecks(schema, subject, hint, writer);
}

/** The keywords that ask something of values of some types only. */
interface Group {
  readonly types: readonly SchemaType[];
  write(writer: ValidatorWriter): void;
  writeGuarded(writer: ValidatorWriter): void;
}

function groupsOf(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): Group[] {
  const groups: Group[] = [];
  const named = namedTypes(schema);
  const isAsked = (types: readonly SchemaType[]): boolean => named === undefined || types.some((type) => named.includes(type));
  const scalar = (types: readonly SchemaType[], guard: () => string, list: () => Check[]): void => {
    const checks = isAsked(types) ? list() : [];
    if (checks.length === 0) return;
    const write = (): void => {
      for (const check of checks) writeCheck(check, writer);
    };
    groups.push({
      types,
      write,
      writeGuarded: () => writer.block(`if (${guard()})`, write),
    });
  };
  scalar(
    ["number", "integer"],
    () => isOfType("number", subject.text, writer),
    () => numberChecks(schema, subject, writer),
  );
  scalar(
    ["string"],
    () => isOfType("string", subject.text, writer),
    () => stringChecks(schema, subject, writer),
  );
  const container = (type: "array" | "object", keywords: readonly (keyof SchemaObject)[], write: () => void): void => {
    if (!isAsked([type]) || !keywords.some((keyword) => schema[keyword] !== undefined)) return;
    groups.push({
      types: [type],
      write,
      writeGuarded: () => writer.block(`if (${isOfType(type, subject.text, writer)})`, write),
    });
  };
  container("array", arrayKeywords, () => arrayChecks(schema, subject, hint, writer));
  container("object", objectKeywords, () => objectChecks(schema, subject, hint, writer));
  return groups;
}

export const arrayKeywords = [
  "items",
  "prefixItems",
  "contains",
  "minItems",
  "maxItems",
  "uniqueItems",
  "unevaluatedItems",
] as const satisfies readonly (keyof SchemaObject)[];

export const objectKeywords = [
  "properties",
  "patternProperties",
  "additionalProperties",
  "propertyNames",
  "required",
  "minProperties",
  "maxProperties",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedProperties",
] as const satisfies readonly (keyof SchemaObject)[];

/** Real specs list some values hundreds of times. */
const distinct = (values: readonly Constant[] | undefined): readonly Constant[] | undefined =>
  values === undefined ? undefined : [...new Set(values)];

function typeCheck(types: readonly SchemaType[], { text, keys }: Subject, writer: ValidatorWriter): Check {
  return {
    fails: isOfNoType(types, text, writer),
    report: `${writer.report("wrongType")}(found, ${literal(types.join(" "))}${trail(keys)})`,
  };
}

function valueCheck(
  schema: SchemaObject,
  values: readonly Constant[],
  { text, keys }: Subject,
  hint: string,
  writer: ValidatorWriter,
): Check {
  const isScalar = values.every((value) => typeof value !== "object" || value === null);
  const all = withExact(values);
  if (all.length === 1) {
    const [value] = values;
    const shown = literal(value!);
    const fails = isScalar
      ? `${text} !== ${shown}`
      : `!${writer.runtime("values", "isEqual")}(${text}, ${writer.constant(`${hint}Value`, shown)})`;
    const name = schema.const !== undefined ? "notConstant" : "notOneOf";
    const passed = name === "notConstant" ? shown : `[${shown}]`;
    return {
      fails,
      report: `${writer.report(name)}(found, ${passed}${trail(keys)})`,
    };
  }
  const list = `[${all.map((value) => jsValue(value)).join(", ")}]`;
  const isLong = isScalar && values.length > 8;
  const constant = writer.constant(`${hint}Values`, isLong ? `/* @__PURE__ */ new Set(${list})` : list);
  const fails = isLong
    ? `!${constant}.has(${text})`
    : isScalar
      ? `!${constant}.includes(${text})`
      : `!${writer.runtime("values", "isAmong")}(${constant}, ${text})`;
  return {
    fails,
    report: `${writer.report("notOneOf")}(found, ${constant}${trail(keys)})`,
  };
}

function isValueOfType(value: Constant, type: SchemaType): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
