import { walkConfig } from "../../ir/config-nodes.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { ParameterIr } from "../../ir/parameter.ts";
import type { Constant, JsonSchema, SchemaIr } from "../../ir/schema.ts";
import type { StepIr } from "../../ir/step.ts";

/** What an operation takes for one path parameter, as far as it can be told without running its validator. */
export interface PathValue {
  readonly takes: (text: string) => boolean;
  /** Values that the schema lists. */
  readonly listed: readonly string[];
}

/** By name. Only what a step enforces on every request: everything else reaches the service. */
export function pathValuesOf(operation: OperationIr, schemas: ReadonlyMap<string, SchemaIr>): ReadonlyMap<string, PathValue> {
  const values = new Map<string, PathValue>();
  for (const step of operation.steps) {
    if (!isEnforced(step)) continue;
    walkConfig(step.config, {
      parameterReader: ({ parameters }) => {
        for (const parameter of parameters) {
          const value = parameter.in === "path" ? valueOf(parameter, schemas) : undefined;
          if (value !== undefined) values.set(parameter.name, value);
        }
      },
    });
  }
  return values;
}

function isEnforced({ when, mode, config }: StepIr): boolean {
  const reportsRequest =
    typeof config === "object" && config !== null && "enforceRequest" in config && config.enforceRequest === false;
  return when === undefined && mode === "enforce" && !reportsRequest;
}

function valueOf(
  { style, content, enforced, shape, schema }: ParameterIr,
  schemas: ReadonlyMap<string, SchemaIr>,
): PathValue | undefined {
  const isScalar = shape.items === undefined && shape.properties === undefined && shape.additional === undefined;
  if (style !== "simple" || content !== undefined || enforced !== "value" || !isScalar) return undefined;
  const listed = schema === undefined ? undefined : listedIn({ $ref: `#/${schema}` }, schemas, 0)?.map(textOf);
  const isOfType = (text: string): boolean => shape.scalar.some((type) => textsOfType[type].test(text));
  return {
    listed: listed ?? [],
    takes: (text) => isOfType(text) && (listed === undefined || listed.includes(decoded(text))),
  };
}

/** How a scalar is written in a path. */
const textsOfType: Readonly<Record<ParameterIr["shape"]["scalar"][number], RegExp>> = {
  null: /^(null)?$/,
  boolean: /^(true|false)$/,
  integer: /^-?(0|[1-9]\d*)$/,
  number: /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/,
  string: /^/,
};

/** The values that a schema allows, where it lists them; undefined where it does not. */
function listedIn(schema: JsonSchema, schemas: ReadonlyMap<string, SchemaIr>, depth: number): readonly Constant[] | undefined {
  if (typeof schema === "boolean" || depth > 8) return undefined;
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum !== undefined) return schema.enum;
  const referred = schema.$ref === undefined ? undefined : schemas.get(schema.$ref.slice(2))?.schema;
  for (const part of [...(referred === undefined ? [] : [referred]), ...(schema.allOf ?? [])]) {
    const found = listedIn(part, schemas, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

const textOf = (value: Constant): string => (typeof value === "string" ? value : JSON.stringify(value));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
