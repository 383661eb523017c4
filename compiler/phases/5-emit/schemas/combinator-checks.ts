import type { DiscriminatorIr, JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { writeCheck, writeChecks } from "./checks.ts";
import { negation, property } from "./object-checks.ts";
import { holds, isPlain, isReference, validatorName } from "./part-checks.ts";
import { possibleTypes } from "./types.ts";
import { literal, type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** `$ref`, `allOf`, `anyOf`, `oneOf`, `not`, `if` and discriminators. */
export function combinatorChecks(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  const { text, keys } = subject;
  if (schema.$ref !== undefined) writeCall(writer.reference(schema.$ref), subject, writer);
  for (const [index, part] of (schema.allOf ?? []).entries()) {
    if (isReference(part)) writeCall(writer.reference(part.$ref), subject, writer);
    // A part that is more than a list of plain keywords declares names, and reads better on its own.
    else if (isPlain(part)) writeChecks(part, subject, hint, false, writer);
    else writeCall(writer.local(part, `${hint} part ${index + 1}`), subject, writer);
  }
  const discriminator = schema["x-gatewright-discriminator"];
  if (discriminator !== undefined) writeDiscriminator(discriminator, schema, subject, hint, writer);
  else alternatives(schema, subject, hint, writer);
  if (schema.not !== undefined) {
    writeCheck(
      {
        fails: holds(schema.not, text, `${hint} not`, writer),
        report: `${writer.report("forbidden")}(found${trail(keys)})`,
      },
      writer,
    );
  }
  conditional(schema, subject, hint, writer);
}

function alternatives(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  if (schema.anyOf !== undefined) anyOf(schema.anyOf, subject, hint, writer);
  if (schema.oneOf !== undefined) {
    if (areDisjoint(schema.oneOf, writer)) anyOf(schema.oneOf, subject, hint, writer);
    else oneOf(schema.oneOf, subject, hint, writer);
  }
}

/** No value is of two of the types, so that one alternative at most can hold. */
function areDisjoint(parts: readonly JsonSchema[], writer: ValidatorWriter): boolean {
  const seen = new Set<string>();
  for (const part of parts) {
    const types = possibleTypes(part, writer.schemaOf);
    for (const type of types) if (seen.has(type)) return false;
    for (const type of types) seen.add(type);
  }
  return true;
}

function anyOf(parts: readonly JsonSchema[], subject: Subject, hint: string, writer: ValidatorWriter): void {
  const { text } = subject;
  const conditions = parts.map((part, index) => holds(part, text, `${hint} option ${index + 1}`, writer));
  if (conditions.includes("true")) return;
  const fails = conditions.filter((condition) => condition !== "false").map((condition) => negated(condition));
  writeCheck({ fails: fails.join(" && "), report: noneOf(parts, subject, hint, writer) }, writer);
}

/** `x === null` → `x !== null`. */
const negated = (condition: string): string =>
  /^\S+( \S+)? === \S+$/.test(condition) ? condition.replace(" === ", " !== ") : negation(condition);

function oneOf(parts: readonly JsonSchema[], subject: Subject, hint: string, writer: ValidatorWriter): void {
  const { text, keys } = subject;
  const count = writer.variable("kinds");
  const conditions = parts.map((part, index) => holds(part, text, `${hint} option ${index + 1}`, writer));
  writer.line(`const ${count} = ${conditions.map((condition) => `Number(${condition})`).join(" + ")};`);
  writeCheck({ fails: `${count} === 0`, report: noneOf(parts, subject, hint, writer) }, writer);
  writeCheck(
    {
      fails: `${count} > 1`,
      report: `${writer.report("severalKinds")}(found${trail(keys)})`,
    },
    writer,
  );
}

/** The validators that may say what is wrong; there is nothing to add to a type that is not the right one. */
function noneOf(parts: readonly JsonSchema[], { text, keys }: Subject, hint: string, writer: ValidatorWriter): string {
  const validators = parts.flatMap((part, index) => {
    const name = `${hint} option ${index + 1}`;
    return holds(part, text, name, writer).endsWith(`(${text}, null)`) ? [validatorName(part, name, writer)] : [];
  });
  return `${writer.report("noneOf")}(found, [${validators.join(", ")}], ${text}${trail(keys)})`;
}

function writeCall(validator: string, { text, keys }: Subject, writer: ValidatorWriter): void {
  writer.line(
    `if (!${validator}(${text}, null) && ${writer.report("invalid")}(found, ${validator}, ${text}${trail(keys)})) return false;`,
  );
}

function conditional(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  if (schema.if === undefined || (isEmpty(schema.then) && isEmpty(schema.else))) return;
  const branch = (part: JsonSchema, name: string): void => {
    if (typeof part === "boolean" || isPlain(part)) writeChecks(part, subject, hint, false, writer);
    else writeCall(validatorName(part, name, writer), subject, writer);
  };
  const condition = holds(schema.if, subject.text, `${hint} if`, writer);
  if (isEmpty(schema.then)) return writer.block(`if (${negation(condition)})`, () => branch(schema.else!, `${hint} else`));
  writer.block(`if (${condition})`, () => branch(schema.then!, `${hint} then`), isEmpty(schema.else) ? "}" : "} else {");
  if (isEmpty(schema.else)) return;
  writer.module.indented(() => branch(schema.else!, `${hint} else`));
  writer.line("}");
}

const isEmpty = (schema: JsonSchema | undefined): boolean => schema === undefined || schema === true;

/** A `switch` on the property that says which schema holds. */
function writeDiscriminator(
  discriminator: DiscriminatorIr,
  schema: SchemaObject,
  subject: Subject,
  hint: string,
  writer: ValidatorWriter,
): void {
  const { text, keys } = subject;
  const byTarget = new Map<string, string[]>();
  for (const [value, target] of Object.entries(discriminator.cases)) {
    const values = byTarget.get(target);
    if (values === undefined) byTarget.set(target, [value]);
    else values.push(value);
  }
  const isThing = `${writer.runtime("values", "isObject")}(${text})`;
  writer.block(`switch (${isThing} ? ${property(text, discriminator.property, writer)} : undefined)`, () => {
    for (const [target, values] of byTarget) {
      for (const value of values) writer.line(`case ${literal(value)}:`);
      writer.module.indented(() => {
        writeCall(writer.reference(target), subject, writer);
        writer.line("break;");
      });
    }
    writer.line("default:");
    writer.module.indented(() => {
      if (discriminator.otherwise === "alternatives") {
        writer.block("", () => alternatives(schema, subject, hint, writer));
        return;
      }
      const known = writer.constant(`${hint} kinds`, literal(Object.keys(discriminator.cases)));
      writer.line(
        `if (${writer.report("unknownKind")}(found, ${literal(discriminator.property)}, ${known}${trail(keys)})) return false;`,
      );
    });
  });
}
