import type { JsonValue } from "../../source/source-set.ts";
import type { LoggedViolation } from "./log-findings.ts";
import type { ViolationPlaces } from "./operation-places.ts";
import { isObject, jsonPath, type Place, quoted } from "./spec-places.ts";

/** An action of an OpenAPI Overlay document. */
export type Action = { readonly target: string; readonly remove: true } | { readonly target: string; readonly update: JsonValue };

/** What is to be changed: an action, or one more type for a schema, which several violations may ask for. */
export type Change = Action | Widening;

interface Widening {
  /** The schema. */
  readonly target: string;
  readonly declared: JsonValue | undefined;
  readonly isVersion30: boolean;
  readonly allow: string;
}

/** The actions that the changes come to together, each once. */
export function actionsOf(changes: readonly Change[]): readonly Action[] {
  const actions = new Map<string, Action>();
  const widened = new Set<string>();
  const isWidening = (change: Change): change is Widening => "allow" in change;
  for (const change of changes) {
    if (!isWidening(change)) actions.set(JSON.stringify(change), change);
    else if (!widened.has(change.target)) {
      widened.add(change.target);
      const added = changes.filter(isWidening).filter(({ target }) => target === change.target);
      for (const action of widenedBy(change, [...new Set(added.map(({ allow }) => allow))]))
        actions.set(JSON.stringify(action), action);
    }
  }
  const all = [...actions.values()];
  // A value that is added to a list that goes would make a list of its own.
  const removed = new Set(all.flatMap((action) => ("remove" in action ? [action.target] : [])));
  return all.filter((action) => !("update" in action && isEnum(action.update) && removed.has(`${action.target}.enum`)));
}

const isEnum = (update: JsonValue): boolean => isObject(update) && Object.keys(update).join() === "enum";

/** OpenAPI 3.0.3 §4.7.24.1: one type and `nullable`; JSON Schema 2020-12: a list of types. */
function widenedBy({ target, declared, isVersion30 }: Widening, added: readonly string[]): readonly Action[] {
  const known = (Array.isArray(declared) ? declared : [declared]).filter((type): type is string => typeof type === "string");
  // Every integer is a number.
  const all = [...new Set([...known, ...added])].filter((type, _, list) => type !== "integer" || !list.includes("number"));
  const gone: Action = { target: `${target}.type`, remove: true };
  if (!isVersion30) return [gone, { target, update: { type: all.length === 1 ? all[0]! : all } }];
  const types = all.filter((type) => type !== "null");
  const nullable: readonly Action[] = all.includes("null") ? [{ target, update: { nullable: true } }] : [];
  if (types.length > 1) return [gone];
  return known.includes(types[0]!) ? nullable : [gone, { target, update: { type: types[0]! } }, ...nullable];
}

/** The changes with which the spec allows what a violation is about; empty where none would. */
export function changesFor(violation: LoggedViolation, places: ViolationPlaces, answered: number | undefined): readonly Change[] {
  const { keyword, pointer, property } = violation;
  const { owner, operation } = places;
  if (keyword === "unknown" && violation.in === "query") return [declaredQuery(violation, operation)];
  if (keyword === "status" && answered !== undefined) return [declaredStatus(answered, operation)];
  const isWhole = pointer === "" && property === undefined;
  if (keyword === "required" && isWhole) return owner === undefined ? [] : [update(owner, { required: false })];
  return places.schemas.flatMap((schema) => schemaChanges(violation, schema, places));
}

function schemaChanges(violation: LoggedViolation, schema: Place, { places, spec }: ViolationPlaces): readonly Change[] {
  const { keyword, property, found } = violation;
  // No alternative fits: that is told as `anyOf`, whichever of the two it is.
  const keywords = keyword === "anyOf" ? ["anyOf", "oneOf"] : [keyword];
  const bearers = keywords.flatMap((one) => places.bearers(schema, one));
  if ((keyword === "additionalProperties" || keyword === "unevaluatedProperties") && property !== undefined)
    return bearers.map((bearer) => update(bearer, { properties: { [property]: {} } }));
  const widen = (bearer: Place, allow: string): Widening => ({
    target: jsonPath(bearer.tokens),
    declared: bearer.node.type,
    isVersion30: spec.openapi.startsWith("3.0"),
    allow,
  });
  return bearers.flatMap((bearer): readonly Change[] => {
    const { type, enum: values } = bearer.node;
    if (keyword === "required")
      return property === undefined || !listOf(bearer.node.required).includes(property)
        ? []
        : [{ target: `${jsonPath([...bearer.tokens, "required"])}[?@ == ${quoted(property)}]`, remove: true }];
    if (found === "null" && (keyword === "type" || keyword === "enum")) {
      const listed = Array.isArray(values) && !values.includes(null) ? [update(bearer, { enum: [null] })] : [];
      return type === undefined ? listed : [widen(bearer, "null"), ...listed];
    }
    if (keyword === "type" && found !== undefined) return [widen(bearer, found)];
    return keywords.flatMap((one) => (Object.hasOwn(bearer.node, one) ? [remove(bearer, one)] : []));
  });
}

const declaredQuery = ({ name = "" }: LoggedViolation, operation: Place): Action =>
  update(operation, { parameters: [{ name, in: "query", schema: {} }] });

const declaredStatus = (status: number, operation: Place): Action =>
  update(operation, { responses: { [String(status)]: { description: `What the service answers with ${status}.` } } });

const update = ({ tokens }: Place, value: JsonValue): Action => ({ target: jsonPath(tokens), update: value });
const remove = ({ tokens }: Place, key: string): Action => ({ target: jsonPath([...tokens, key]), remove: true });

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The option of a policy that would let through what no overlay allows. */
export function optionFor(policy: string, problem: string, violation: LoggedViolation | undefined, isAnswer: boolean): string {
  const known = options[violation?.keyword ?? problem] ?? options[problem];
  if (known !== undefined) return known;
  if (policy !== "validate") return `another option of \`${policy}\`, or \`mode: report\` as long as it is looked at`;
  return isAnswer ? "validate: { response: report }" : "validate: { request: report }";
}

const options: Readonly<Record<string, string>> = {
  unknown: "validate: { unknownQuery: allow }",
  "unknown-query": "validate: { unknownQuery: allow }",
  readOnly: "validate: { readOnly: allow }",
  writeOnly: "validate: { writeOnly: allow }",
  maxBody: "validate: { maxBody: … }, with the size that answers have",
  "not-acceptable": "validate: { accept: off }",
  "content-too-large": "a larger `max` of requestSize, or `maxBody` of validate",
  "unsupported-media-type": "the media type among `content` of the request body in the spec",
  content: "the media type among `content` of the response in the spec",
};
