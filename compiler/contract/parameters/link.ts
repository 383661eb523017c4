import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { type ParameterIr, type ParameterLocation, parameterLocations, textShape } from "../../ir/parameter.ts";
import type { Positions } from "../../ir/positions.ts";
import type { Constant, JsonSchema } from "../../ir/schema.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import {
  allowEmptyValue,
  ambiguousProperty,
  duplicateParameter,
  ignoredHeader,
  requiredWithDefault,
  schemaBesideContent,
  severalMediaTypes,
  unenforcedParameter,
} from "./messages.gen.ts";
import { serialisation } from "./serialisation.ts";
import { shapeOf } from "./shape.ts";

/** One operation of a spec. References to path items are followed already. */
export interface ParameterOwner {
  readonly spec: SpecSource;
  readonly pathItem: JsonObject;
  readonly operation: JsonObject;
}

/** Where the schemas of parameters go; SchemaTable is one. */
export interface ParameterSchemas {
  /** The id of a schema as it is written; `name` (`query.limit`) is a hint for it. */
  add(schema: JsonValue, name: string): string;
  get(id: string): JsonSchema | undefined;
}

export interface ParameterContext {
  readonly positions: Positions;
  readonly sink: DiagnosticSink;
  readonly schemas: ParameterSchemas;
}

/** Every parameter of an operation, in the order of the path item's and then the operation's list. */
export function linkParameters(owner: ParameterOwner, context: ParameterContext): readonly ParameterIr[] {
  const { spec, pathItem, operation } = owner;
  const written = new Map<string, JsonObject>();
  for (const list of [pathItem.parameters, operation.parameters]) {
    const own = new Map<string, JsonObject>();
    for (const item of Array.isArray(list) ? list : []) {
      const parameter = isObject(item) ? resolved(item, spec) : undefined;
      // A broken reference was reported when the spec was loaded.
      if (parameter === undefined) continue;
      const identity = identityOf(parameter, context);
      if (identity === undefined) continue;
      const twin = own.get(identity);
      if (twin !== undefined && twin !== parameter) {
        const { positions, sink } = context;
        const related = [{ origin: positions.value(twin, "name"), text: "first here" }];
        sink.report(
          duplicateParameter(
            positions.value(parameter, "name"),
            { name: String(parameter.name), location: String(parameter.in) },
            { related },
          ),
        );
      }
      own.set(identity, parameter);
    }
    for (const [identity, parameter] of own) written.set(identity, parameter);
  }
  const parameters = [...written.values()].map((parameter) => linkParameter(parameter, spec, context));
  return withoutClaimedNames(parameters, context);
}

/** OpenAPI: "If `in` is `header` and the `name` field is …, the parameter definition SHALL be ignored." */
const ignoredHeaders: readonly string[] = ["accept", "content-type", "authorization"];

/** What tells parameters apart; undefined for what is none, which was reported when the spec was loaded. */
function identityOf(parameter: JsonObject, { positions, sink }: ParameterContext): string | undefined {
  const { name, in: where } = parameter;
  if (typeof name !== "string" || name === "" || typeof where !== "string" || !isLocation(where)) return undefined;
  if (where === "header" && ignoredHeaders.includes(name.toLowerCase())) {
    sink.report(ignoredHeader(positions.value(parameter, "name"), { name }));
    return undefined;
  }
  return `${where} ${where === "header" ? name.toLowerCase() : name}`;
}

const isLocation = (where: string): where is ParameterLocation => (parameterLocations as readonly string[]).includes(where);

function linkParameter(parameter: JsonObject, spec: SpecSource, context: ParameterContext): ParameterIr {
  const { positions, sink, schemas } = context;
  const where = parameter.in as ParameterLocation;
  const name = parameter.name as string;
  const origin = positions.value(parameter, "name");
  const common = {
    kind: "parameter" as const,
    in: where,
    name,
    allowReserved: where === "query" && parameter.allowReserved === true,
    allowEmptyValue: where === "query" && parameter.allowEmptyValue === true,
    required: where === "path" || parameter.required === true,
    deprecated: parameter.deprecated === true,
    labelDots: /^3\.(?:0\.[0-3]|1\.0)(?!\d)/.test(spec.openapi),
    origin,
  };
  if (parameter.allowEmptyValue === true && where !== "query")
    sink.report(allowEmptyValue(positions.value(parameter, "allowEmptyValue"), { name, location: where }));
  const plain = { style: where === "query" || where === "cookie" ? "form" : "simple", explode: false, shape: textShape } as const;
  const standsIn = defaultOf(parameter.schema, spec);
  if (parameter.required === true && where !== "path" && standsIn !== undefined) {
    const isHere = isObject(parameter.schema) && parameter.schema.default !== undefined;
    const place = spec.openapi.startsWith("2") ? "@.default" : isHere ? "@.schema.default" : `@.name == '${name}'`;
    const target = `$..parameters[?@.required == true && ${place}]`;
    sink.report(requiredWithDefault(origin, { location: where, name, target }));
  }
  const presence = (reason: string, written: Pick<ParameterIr, "style" | "explode" | "shape"> = plain): ParameterIr => {
    sink.report(unenforcedParameter(origin, { name, location: where, reason }));
    return { ...common, ...written, enforced: "presence" };
  };
  const [media, ...others] = Object.entries(isObject(parameter.content) ? parameter.content : {});
  if (media !== undefined) {
    const [mediaType, written] = media;
    if (isSchema(parameter.schema))
      sink.report(schemaBesideContent(positions.key(parameter, "schema"), { name, used: mediaType }));
    if (others.length > 0)
      sink.report(severalMediaTypes(positions.key(parameter.content as JsonObject, others[0]![0]), { name, used: mediaType }));
    const holder = isObject(written) ? resolved(written, spec) : undefined;
    const kind = contentKind(mediaType);
    if (kind === undefined) return presence(`the gateway does not read \`${mediaType}\` in a parameter`);
    const schema = holder !== undefined && isSchema(holder.schema) ? schemas.add(holder.schema, `${where}.${name}`) : undefined;
    return {
      ...common,
      ...plain,
      content: kind,
      ...defined({ schema, default: defaultOf(holder?.schema, spec) }),
      enforced: "value",
    };
  }
  if (!isSchema(parameter.schema)) return presence("it has neither `schema` nor `content`");
  const schema = schemas.add(parameter.schema, `${where}.${name}`);
  const { shape, isEndless } = shapeOf(schemas.get(schema) ?? true, (ref) => schemas.get(ref.slice(2)));
  const endless = isEndless ? "its schema contains itself, so that no `style` can write every value of it" : undefined;
  const { style, explode, unreadable: reason } = serialisation(parameter, shape, endless, positions, sink);
  if (reason !== undefined) return presence(reason, { style, explode, shape });
  return {
    ...common,
    style,
    explode,
    shape,
    ...defined({ schema, default: standsIn }),
    enforced: "value",
  };
}

/** The media type that is read for another: text is text, whatever it is about. */
function contentKind(mediaType: string): string | undefined {
  const essence = mediaType.split(";")[0]!.trim().toLowerCase();
  if (essence === "application/json" || essence.endsWith("+json")) return "application/json";
  return essence.startsWith("text/") ? "text/plain" : undefined;
}

/** A property of an exploded object is a parameter of its own on the wire; a declared parameter of that name has it. */
function withoutClaimedNames(parameters: readonly ParameterIr[], { sink }: ParameterContext): readonly ParameterIr[] {
  const taken = new Map<string, string>();
  for (const { in: where, name } of parameters) taken.set(`${where} ${name}`, name);
  return parameters.map((parameter) => {
    if (!isSpread(parameter)) return parameter;
    const kept: [string, ParameterIr["shape"]][] = [];
    for (const [property, shape] of Object.entries(parameter.shape.properties ?? {})) {
      const other = taken.get(`${parameter.in} ${property}`);
      if (other === undefined) {
        taken.set(`${parameter.in} ${property}`, parameter.name);
        kept.push([property, shape]);
      } else if (other !== parameter.name || property !== parameter.name) {
        sink.report(ambiguousProperty(parameter.origin, { property, name: parameter.name, other }));
      } else kept.push([property, shape]);
    }
    const { properties } = parameter.shape;
    if (kept.length === Object.keys(properties ?? {}).length) return parameter;
    // What the schema would say of a value without the property is not true of what was sent.
    return { ...parameter, shape: { ...parameter.shape, properties: Object.fromEntries(kept) }, enforced: "presence" as const };
  });
}

/** An object whose properties stand beside other parameters, without a name around them. */
const isSpread = ({ style, explode, shape }: ParameterIr): boolean =>
  explode && (style === "form" || style === "cookie") && shape.properties !== undefined;

/** Written in the schema or in what it refers to. */
function defaultOf(schema: JsonValue | undefined, spec: SpecSource): Constant | undefined {
  if (!isObject(schema)) return undefined;
  return schema.default ?? resolved(schema, spec)?.default;
}

const resolved = (node: JsonObject, spec: SpecSource): JsonObject | undefined =>
  typeof node.$ref === "string" ? spec.resolve(node) : node;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSchema = (value: JsonValue | undefined): value is JsonObject | boolean => typeof value === "boolean" || isObject(value);

/** Members that are undefined would be lost in JSON, and equal configs would differ. */
function defined<T extends object>(members: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
