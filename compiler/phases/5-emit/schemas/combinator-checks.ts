import type { DiscriminatorIr, JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { areDisjoint, writeAlternatives } from "./alternatives.ts";
import { calleeOf, referenced, writeCall } from "./callee.ts";
import { writeCheck, writeChecks } from "./checks.ts";
import { negation, property } from "./object-checks.ts";
import { holds, isPlain } from "./part-checks.ts";
import { literal, type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** `$ref`, `allOf`, `anyOf`, `oneOf`, `not`, `if` and discriminators. */
export function combinatorChecks(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  const { text, keys } = subject;
  if (schema.$ref !== undefined) writeCall(referenced(schema.$ref, writer), subject, writer);
  for (const [index, part] of (schema.allOf ?? []).entries()) {
    // A part that is more than a list of plain keywords declares names, and reads better on its own.
    if (isPlain(part)) writeChecks(part, subject, hint, false, writer);
    else writeCall(calleeOf(part, `${hint} part ${index + 1}`, writer), subject, writer);
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
  if (schema.anyOf !== undefined) writeAlternatives("anyOf", schema.anyOf, false, subject, hint, writer);
  if (schema.oneOf !== undefined)
    writeAlternatives("oneOf", schema.oneOf, !areDisjoint(schema.oneOf, writer), subject, hint, writer);
}

function conditional(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  if (schema.if === undefined || (isEmpty(schema.then) && isEmpty(schema.else))) return;
  const branch = (part: JsonSchema, name: string): void => {
    if (typeof part === "boolean" || isPlain(part)) writeChecks(part, subject, hint, false, writer);
    else writeCall(calleeOf(part, name, writer), subject, writer);
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
        writeCall(referenced(target, writer), subject, writer);
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
