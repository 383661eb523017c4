import type { JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { jsProperty } from "../../../text/js.ts";
import { own } from "../../../text/own.ts";
import { writeCheck, writeChecks } from "./checks.ts";
import { writeEvaluatedCalls } from "./evaluated.ts";
import { holds, isPlain, writePart } from "./part-checks.ts";
import { literal, type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** Every object has these without having them itself. */
const inherited: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype)]);

/** Names that a `switch` tells apart; more of them are in a set. */
const maxCases = 24;

/** Reads a property that may be missing. */
export function property(text: string, name: string, writer: ValidatorWriter): string {
  if (inherited.has(name)) return `${writer.runtime("values", "own")}(${text}, ${literal(name)})`;
  const key = jsProperty(name);
  return key.startsWith('"') ? `${text}[${key}]` : `${text}.${key}`;
}

/** Keywords for objects; the value is known to be one. */
export function objectChecks(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  const { text, keys } = subject;
  const required = new Set(schema.required ?? []);
  const properties = Object.entries(schema.properties ?? {});
  // A second key would be missing for what lies in the properties, so those are looked at from a function of their own.
  for (const [name, part] of properties) writeProperty(name, part, required.has(name), subject, hint, writer);
  for (const name of required) {
    if (Object.hasOwn(schema.properties ?? {}, name)) continue;
    writeCheck(
      {
        fails: `${property(text, name, writer)} === undefined`,
        report: missing(name, keys, writer),
      },
      writer,
    );
  }
  countChecks(schema, subject, writer);
  for (const [name, others] of Object.entries(schema.dependentRequired ?? {})) {
    for (const other of others) {
      const fails = `${property(text, name, writer)} !== undefined && ${property(text, other, writer)} === undefined`;
      writeCheck(
        {
          fails,
          report: `${writer.report("missingDependent")}(found, ${literal(name)}, ${literal(other)}${trail(keys)})`,
        },
        writer,
      );
    }
  }
  for (const [name, part] of Object.entries(schema.dependentSchemas ?? {})) {
    if (part === true) continue;
    writer.block(`if (${property(text, name, writer)} !== undefined)`, () => writePart(part, subject, `${hint} ${name}`, writer));
  }
  memberChecks(schema, subject, hint, writer);
  unevaluated(schema, subject, hint, writer);
}

function writeProperty(
  name: string,
  part: JsonSchema,
  isRequired: boolean,
  { text, keys }: Subject,
  hint: string,
  writer: ValidatorWriter,
): void {
  const value = property(text, name, writer);
  if (part === true || (typeof part === "object" && Object.keys(part).length === 0)) {
    if (isRequired)
      writeCheck(
        {
          fails: `${value} === undefined`,
          report: missing(name, keys, writer),
        },
        writer,
      );
    return;
  }
  const local = writer.variable(name);
  writer.line(`const ${local} = ${value};`);
  const inner: Subject = { text: local, keys: [...keys, literal(name)] };
  const write = (): void => writePart(part, inner, `${hint} ${name}`, writer);
  if (isRequired) {
    writer.block(
      `if (${local} === undefined)`,
      () => writer.line(`if (${missing(name, keys, writer)}) return false;`),
      "} else {",
    );
    writer.module.indented(write);
    writer.line("}");
  } else writer.block(`if (${local} !== undefined)`, write);
}

const missing = (name: string, keys: readonly string[], writer: ValidatorWriter): string =>
  `${writer.report("missing")}(found, ${literal(name)}${trail(keys)})`;

function countChecks(schema: SchemaObject, { text, keys }: Subject, writer: ValidatorWriter): void {
  const { minProperties, maxProperties } = schema;
  if (minProperties === undefined && maxProperties === undefined) return;
  const count = `${writer.runtime("values", "countProperties")}(${text})`;
  const add = (fails: string, report: string, limit: number): void =>
    writeCheck(
      {
        fails,
        report: `${writer.report(report)}(found, ${limit}${trail(keys)})`,
      },
      writer,
    );
  if (minProperties !== undefined) add(`${count} < ${minProperties}`, "tooFewProperties", minProperties);
  if (maxProperties !== undefined) add(`${count} > ${maxProperties}`, "tooManyProperties", maxProperties);
}

/** What holds for every member, by its name: one pass over the object. */
function memberChecks(schema: SchemaObject, { text, keys }: Subject, hint: string, writer: ValidatorWriter): void {
  const { propertyNames = true } = schema;
  const additional = schema.additionalProperties ?? true;
  const patterns = Object.entries(schema.patternProperties ?? {}).flatMap(([pattern, part]) => {
    const guard = own(schema["x-gatewright-pattern-guards"], pattern);
    const expression = writer.pattern(pattern, guard);
    return expression === undefined
      ? []
      : [
          {
            expression,
            part,
            limit: typeof guard === "number" ? guard : undefined,
          },
        ];
  });
  const isOpen = additional === true || (typeof additional === "object" && Object.keys(additional).length === 0);
  if (isOpen && propertyNames === true && patterns.every(({ part }) => part === true)) return;
  const key = writer.variable("key");
  const inner: Subject = { text: `${text}[${key}]`, keys: [...keys, key] };
  writer.block(`for (const ${key} in ${text})`, () => {
    if (propertyNames !== true) {
      const valid = holds(propertyNames, key, `${hint} name`, writer);
      writeCheck(
        {
          fails: negation(valid),
          report: `${writer.report("wrongName")}(found, ${key}${trail(keys)})`,
        },
        writer,
      );
    }
    for (const { limit } of patterns) {
      if (limit === undefined) continue;
      writeCheck(
        {
          fails: `${key}.length > ${limit}`,
          report: `${writer.report("tooLongToMatch")}(found, ${limit}${trail(inner.keys)})`,
        },
        writer,
      );
      writer.line(`if (${key}.length > ${limit}) continue;`);
    }
    const known = Object.keys(schema.properties ?? {});
    const needsNames = !isOpen && known.length > 0;
    const others = (): void => {
      if (patterns.length === 0 && !isOpen) return writeAdditional(additional, inner, `${hint} value`, { key, keys }, writer);
      const matched = isOpen ? "" : writer.variable("isMatched");
      if (matched !== "") writer.line(`let ${matched} = false;`);
      for (const { expression, part } of patterns) {
        if (isOpen && part === true) continue;
        writer.block(`if (${expression}.test(${key}))`, () => {
          if (matched !== "") writer.line(`${matched} = true;`);
          writeValue(part, inner, `${hint} value`, writer);
        });
      }
      if (!isOpen)
        writer.block(`if (!${matched})`, () => writeAdditional(additional, inner, `${hint} value`, { key, keys }, writer));
    };
    if (!needsNames) return others();
    // Names of members are compared by identity, which beats a set for as many as this.
    if (patterns.length === 0 && known.length > 3 && known.length <= maxCases) {
      writer.block(`switch (${key})`, () => {
        for (const name of known) writer.line(`case ${literal(name)}:`);
        writer.module.indented(() => writer.line("continue;"));
      });
      return others();
    }
    const isKnown = knownName(known, key, hint, writer);
    // A named property may match a pattern as well; only what is neither is additional.
    if (patterns.length === 0) writer.block(`if (${negation(isKnown)})`, others);
    else {
      const matched = writer.variable("isKnown");
      writer.line(`let ${matched} = ${isKnown};`);
      for (const { expression, part } of patterns) {
        writer.block(`if (${expression}.test(${key}))`, () => {
          writer.line(`${matched} = true;`);
          writeValue(part, inner, `${hint} value`, writer);
        });
      }
      writer.block(`if (!${matched})`, () => writeAdditional(additional, inner, `${hint} value`, { key, keys }, writer));
    }
  });
}

function knownName(known: readonly string[], key: string, hint: string, writer: ValidatorWriter): string {
  if (known.length <= 3) return known.map((name) => `${key} === ${literal(name)}`).join(" || ");
  return `${writer.constant(`${hint}Properties`, `/* @__PURE__ */ new Set([${known.map(literal).join(", ")}])`)}.has(${key})`;
}

function writeAdditional(
  additional: JsonSchema,
  inner: Subject,
  hint: string,
  { key, keys }: { readonly key: string; readonly keys: readonly string[] },
  writer: ValidatorWriter,
): void {
  if (additional === false) writer.line(`if (${writer.report("unknownProperty")}(found, ${key}${trail(keys)})) return false;`);
  else writeValue(additional, inner, hint, writer);
}

/** Names the value, where it is asked more than one thing. */
function writeValue(part: JsonSchema, inner: Subject, hint: string, writer: ValidatorWriter): void {
  if (part === true) return;
  if (!isPlain(part) || part === false) return writePart(part, inner, hint, writer);
  const local = writer.variable("member");
  writer.line(`const ${local} = ${inner.text};`);
  writeChecks(part, { text: local, keys: inner.keys }, hint, false, writer);
}

function unevaluated(schema: SchemaObject, { text, keys }: Subject, hint: string, writer: ValidatorWriter): void {
  const rest = schema.unevaluatedProperties ?? true;
  if (rest === true) return;
  const seen = writer.variable("evaluated");
  writer.line(`const ${seen} = new Set();`);
  writeEvaluatedCalls({ ...schema, unevaluatedProperties: undefined }, text, seen, hint, "object", writer);
  const key = writer.variable("key");
  writer.block(`for (const ${key} in ${text})`, () => {
    writer.block(`if (!${seen}.has(${key}))`, () => {
      if (rest === false) writer.line(`if (${writer.report("unevaluatedProperty")}(found, ${key}${trail(keys)})) return false;`);
      else writeValue(rest, { text: `${text}[${key}]`, keys: [...keys, key] }, `${hint} value`, writer);
    });
  });
}

/** `!call(…)`, with parentheses where they are needed. */
export const negation = (expression: string): string =>
  expression === "true"
    ? "false"
    : expression === "false"
      ? "true"
      : / (===|\|\||&&) /.test(expression)
        ? `!(${expression})`
        : `!${expression}`;
