import type { Kind } from "../../../contract/schemas/cost/kinds.ts";
import type { JsonSchema } from "../../../ir/schema.ts";
import { asks, type Callee, calleeOf, reporter } from "./callee.ts";
import { writeCheck } from "./checks.ts";
import { negation } from "./object-checks.ts";
import { settled } from "./part-checks.ts";
import { possibleTypes } from "./types.ts";
import { literal, type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

interface Alternative {
  /** What the spec calls it. */
  readonly name: string;
  /** An expression that holds where the alternative does. */
  readonly condition: string;
  /** Undefined where there is nothing to add to a type that is not the right one. */
  readonly callee: Callee | undefined;
  /** An expression without which the alternative is not even asked; empty: none. */
  readonly kind: string;
}

/** No value is of two of the types, so that one alternative at most can hold. */
export function areDisjoint(parts: readonly JsonSchema[], writer: ValidatorWriter): boolean {
  const seen = new Set<string>();
  for (const part of parts) {
    const types = possibleTypes(part, writer.schemaOf);
    for (const type of types) if (seen.has(type)) return false;
    for (const type of types) seen.add(type);
  }
  return true;
}

/** `isOne`: that not more than one of them holds has to be asked too. */
export function writeAlternatives(
  keyword: "anyOf" | "oneOf",
  parts: readonly JsonSchema[],
  isOne: boolean,
  subject: Subject,
  hint: string,
  writer: ValidatorWriter,
): void {
  const kinds = writer.costs.kinds(parts);
  const all = parts.map((part, index): Alternative => {
    const condition = settled(part, subject.text, writer);
    const name = nameOf(part, index);
    if (condition !== undefined) return { name, condition, callee: undefined, kind: "" };
    const callee = calleeOf(part, `${hint} option ${index + 1}`, writer);
    const kind = kinds[index] === undefined ? "" : kindCheck(kinds[index], subject.text, hint, writer);
    return { name, condition: `${kind}${asks(callee, subject.text)}`, callee, kind };
  });
  if (!isOne && all.some(({ condition }) => condition === "true")) return;
  if (all.some(({ callee }) => callee !== undefined && callee.way !== "plain")) onCircle(keyword, all, isOne, subject, writer);
  else if (isOne) oneOf(all, subject, writer);
  else writeCheck({ fails: noneHolds(all), report: noneOf(keyword, all, subject, writer) }, writer);
}

/** `#/orders.v1.Card` → `Card`. */
const nameOf = (part: JsonSchema, index: number): string =>
  typeof part === "object" && part.$ref !== undefined ? part.$ref.replace(/^#\/[^.]*\.[^.]*\./, "") : `alternative ${index + 1}`;

/** `isOfKind(value, "op", ["and"]) && `. */
function kindCheck({ property, values }: Kind, text: string, hint: string, writer: ValidatorWriter): string {
  const texts = writer.constant(`${hint} ${property}`, literal([...values]));
  return `${writer.runtime("values", "isOfKind")}(${text}, ${literal(property)}, ${texts}) && `;
}

const noneHolds = (all: readonly Alternative[]): string =>
  all.flatMap(({ condition }) => (condition === "false" ? [] : [negated(condition)])).join(" && ") || "true";

/** `x === null` → `x !== null`. */
const negated = (condition: string): string =>
  /^\S+( \S+)? === \S+$/.test(condition) ? condition.replace(" === ", " !== ") : negation(condition);

const countOf = (all: readonly Alternative[]): string => all.map(({ condition }) => `Number(${condition})`).join(" + ");

function oneOf(all: readonly Alternative[], subject: Subject, writer: ValidatorWriter): void {
  const count = writer.variable("kinds");
  writer.line(`const ${count} = ${countOf(all)};`);
  writeCheck({ fails: `${count} === 0`, report: noneOf("oneOf", all, subject, writer) }, writer);
  const kinds = all
    .map(({ condition, name }) => `${condition.includes("||") ? `(${condition})` : condition} && ${literal(name)}`)
    .join(", ");
  const report = `(found === null || ${writer.report("severalKinds")}(found, [${kinds}]${trail(subject.keys)}))`;
  writeCheck({ fails: `${count} > 1`, report }, writer);
}

function noneOf(keyword: string, all: readonly Alternative[], { text, keys }: Subject, writer: ValidatorWriter): string {
  // Who writes what may be null rarely means null.
  const validators = all.flatMap(({ callee, condition }) =>
    callee !== undefined ? [callee.name] : condition === `${text} === null` || condition === "false" ? [] : ["false"],
  );
  return `${writer.report("noneOf")}(found, ${literal(keyword)}, [${validators.join(", ")}], ${text}${trail(keys)})`;
}

/** An alternative leads back here: it is asked once, also where what is wrong is collected. */
function onCircle(
  keyword: string,
  all: readonly Alternative[],
  isOne: boolean,
  { text, keys }: Subject,
  writer: ValidatorWriter,
): void {
  const fails = isOne ? `${countOf(all)} !== 1` : noneHolds(all);
  const collect = writer.runtime("circles", isOne ? "notOneKind" : "noKind");
  const listed = (isTold: boolean): string =>
    all
      .filter(({ kind }) => (kind !== "") === isTold)
      .map(({ condition, callee, kind }) => (callee === undefined ? condition : `${kind}${reporter(callee)}`))
      .join(", ");
  const said = isOne ? "" : `${literal(keyword)}, `;
  const report = `${collect}(found, ${said}[${listed(true)}], [${listed(false)}], ${text}${trail(keys)})`;
  writer.block("if (found === null)", () => writer.line(`if (${fails}) return false;`), `} else if (${report}) return false;`);
}
