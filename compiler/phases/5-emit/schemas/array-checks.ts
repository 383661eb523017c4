import type { JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { writeCheck, writeChecks } from "./checks.ts";
import { writeEvaluatedCalls } from "./evaluated.ts";
import { holds, isPlain, writePart } from "./part-checks.ts";
import { type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** Keywords for arrays; the value is known to be one. */
export function arrayChecks(schema: SchemaObject, subject: Subject, hint: string, writer: ValidatorWriter): void {
  const { text, keys } = subject;
  const add = (fails: string, report: string, ...args: readonly number[]): void =>
    writeCheck(
      {
        fails,
        report: `${writer.report(report)}(${["found", ...args].join(", ")}${trail(keys)})`,
      },
      writer,
    );
  if (schema.minItems !== undefined && schema.minItems > 0)
    add(`${text}.length < ${schema.minItems}`, "tooFewItems", schema.minItems);
  // With too many items the rest is not looked at, so that the bound also bounds the work.
  if (schema.maxItems !== undefined) add(`${text}.length > ${schema.maxItems}`, "tooManyItems", schema.maxItems);
  if (schema.uniqueItems === true) add(`!${writer.runtime("values", "areUnique")}(${text})`, "repeatedItems");
  const prefix = schema.prefixItems ?? [];
  for (const [index, part] of prefix.entries()) {
    if (part === true) continue;
    writer.block(`if (${text}.length > ${index})`, () => writeItem(part, text, String(index), keys, hint, writer));
  }
  if (schema.items !== undefined && !isTrivial(schema.items))
    writeEach(schema.items, text, prefix.length, keys, `${hint} item`, writer);
  contains(schema, subject, hint, writer);
  unevaluated(schema, subject, hint, writer);
}

const isTrivial = (schema: JsonSchema): boolean =>
  schema === true || (typeof schema === "object" && Object.keys(schema).length === 0);

function writeEach(
  part: JsonSchema,
  text: string,
  from: number,
  keys: readonly string[],
  hint: string,
  writer: ValidatorWriter,
): void {
  const index = writer.variable("index");
  writer.block(`for (let ${index} = ${from}; ${index} < ${text}.length; ${index}++)`, () =>
    writeItem(part, text, index, keys, hint, writer),
  );
}

function writeItem(
  part: JsonSchema,
  text: string,
  index: string,
  keys: readonly string[],
  hint: string,
  writer: ValidatorWriter,
): void {
  const item = writer.variable("item");
  writer.line(`const ${item} = ${text}[${index}];`);
  const subject: Subject = { text: item, keys: [...keys, index] };
  if (isPlain(part)) writeChecks(part, subject, hint, false, writer);
  else writePart(part, subject, hint, writer);
}

function contains(schema: SchemaObject, { text, keys }: Subject, hint: string, writer: ValidatorWriter): void {
  if (schema.contains === undefined) return;
  const { minContains = 1, maxContains } = schema;
  const count = writer.variable("count");
  const item = writer.variable("item");
  writer.line(`let ${count} = 0;`);
  writer.line(`for (const ${item} of ${text}) if (${holds(schema.contains, item, `${hint} kind`, writer)}) ${count}++;`);
  const add = (fails: string, report: string, limit: number): void =>
    writeCheck(
      {
        fails,
        report: `${writer.report(report)}(found, ${limit}${trail(keys)})`,
      },
      writer,
    );
  if (minContains > 0) add(`${count} < ${minContains}`, "tooFewOfKind", minContains);
  if (maxContains !== undefined) add(`${count} > ${maxContains}`, "tooManyOfKind", maxContains);
}

function unevaluated(schema: SchemaObject, { text, keys }: Subject, hint: string, writer: ValidatorWriter): void {
  const rest = schema.unevaluatedItems ?? true;
  if (rest === true) return;
  const seen = writer.variable("evaluated");
  writer.line(`const ${seen} = new Set();`);
  writeEvaluatedCalls({ ...schema, unevaluatedItems: undefined }, text, seen, hint, "array", writer);
  const index = writer.variable("index");
  writer.block(`for (let ${index} = 0; ${index} < ${text}.length; ${index}++)`, () => {
    writer.block(`if (!${seen}.has(${index}))`, () => {
      if (rest === false) writer.line(`if (${writer.report("unevaluatedItem")}(found, ${index}${trail(keys)})) return false;`);
      else writeItem(rest, text, index, keys, `${hint} item`, writer);
    });
  });
}
