import type { JsonSchema } from "../../../ir/schema.ts";
import { isReference } from "./part-checks.ts";
import { type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** A validator that is called, and how. */
export interface Callee {
  readonly name: string;
  readonly way: Way;
}

/**
 * `plain`: to say what is wrong, it is called again where it did not hold. `circle`: it may lead back here, so that would
 * be two calls a level, and it is called once either way. `run`: so, and it is handed the run. `remembered`: through the
 * run, which calls it once for a value.
 */
export type Way = "plain" | "circle" | "run" | "remembered";

/** The function for a schema: its own one, or that of the schema it refers to. */
export const calleeOf = (schema: JsonSchema, hint: string, writer: ValidatorWriter): Callee =>
  isReference(schema)
    ? referenced(schema.$ref, writer)
    : { name: writer.local(schema, hint), way: writer.costs.wayTo(schema, writer.id) };

export const referenced = (ref: string, writer: ValidatorWriter): Callee => ({
  name: writer.reference(ref),
  way: writer.costs.wayTo({ $ref: ref }, writer.id),
});

/** An expression: whether a value is valid. */
export function asks({ name, way }: Callee, text: string): string {
  if (way === "remembered") return `run.holds(${name}, ${text})`;
  return way === "run" ? `${name}(${text}, null, run)` : `${name}(${text}, null)`;
}

/** What `found` is handed to say what is wrong. */
export const reporter = ({ name, way }: Callee): string => (way === "remembered" || way === "run" ? `run.of(${name})` : name);

/** Ends the function where the value is not valid, and says what is wrong with it. */
export function writeCall(callee: Callee, { text, keys }: Subject, writer: ValidatorWriter): void {
  const { name, way } = callee;
  const fails = `!${asks(callee, text)}`;
  const rest = `${name}, ${text}${trail(keys)})`;
  const condition =
    way === "plain"
      ? `${fails} && ${writer.report("invalid")}(found, ${rest}`
      : `found === null ? ${fails} : ${way === "circle" ? `${writer.runtime("circles", "tell")}(found, ` : "run.inside(found, "}${rest}`;
  writer.line(`if (${condition}) return false;`);
}
