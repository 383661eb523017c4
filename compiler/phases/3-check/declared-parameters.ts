import { plainSchema, type SchemaOf } from "../../contract/parameters/proven.ts";
import { type CelType, celTypes, type DeclaredParameterIr } from "../../expressions/index.ts";
import { type ParameterIr, type ParameterShape, type ScalarType, scalarBits } from "../../ir/parameter.ts";
import type { Constant } from "../../ir/schema.ts";

/** A query parameter or header field of an operation as expressions know it. */
export interface DeclaredParameter {
  readonly type: CelType;
  /** It has a value in every request that is valid. */
  readonly required: boolean;
  readonly reading: DeclaredParameterIr;
  /** All that its schema lets it be; undefined where it lists none. */
  readonly values?: readonly Constant[];
}

/** The parameters of an operation in one place, by the names that they are sent under; those of header fields in lower case. */
export const declaredIn = (
  where: "query" | "header",
  parameters: readonly ParameterIr[],
  schemaOf: SchemaOf,
): ReadonlyMap<string, DeclaredParameter> =>
  new Map(
    parameters
      .filter((parameter) => parameter.in === where)
      .flatMap((parameter) =>
        sent(parameter).map(([name, declared]) => {
          const values = declared.reading.list === undefined ? listedValues(parameter, schemaOf) : undefined;
          return [name, values === undefined ? declared : { ...declared, values }] as const;
        }),
      )
      .map(([name, declared]) => [where === "header" ? name.toLowerCase() : name, declared]),
  );

/** An object in parts is a parameter for each; whole, or in JSON, it is the text that is sent. */
function sent(parameter: ParameterIr): (readonly [name: string, DeclaredParameter])[] {
  const { name, style, explode, shape, content, enforced } = parameter;
  const whole = (declared: DeclaredParameter) => [[name, declared] as const];
  if (content !== undefined || enforced === "presence") return whole(text(parameter, parameter));
  const isInParts = style === "deepObject" || (style === "form" && explode);
  if (isObject(shape) && shape.scalar.length === 0 && shape.items === undefined && isInParts) {
    return Object.entries(shape.properties ?? {}).map(([property, part]) => [
      style === "deepObject" ? `${name}[${property}]` : property,
      scalar(parameter, part, undefined) ?? list(parameter, part, "repeated", undefined) ?? text(parameter, undefined),
    ]);
  }
  const isRepeated = explode && parameter.in === "query";
  const delimiter = isRepeated ? "repeated" : style === "spaceDelimited" ? " " : style === "pipeDelimited" ? "|" : ",";
  return whole(
    scalar(parameter, shape, parameter) ??
      (style === "deepObject" ? undefined : list(parameter, shape, delimiter, parameter)) ??
      text(parameter, parameter),
  );
}

/** All that the schema of a parameter lets it be; undefined where it lists none. */
export function listedValues({ schema: id }: ParameterIr, schemaOf: SchemaOf): readonly Constant[] | undefined {
  const schema = id === undefined ? undefined : plainSchema(schemaOf(id) ?? true, schemaOf);
  if (typeof schema !== "object") return undefined;
  return schema.const === undefined ? schema.enum : [schema.const];
}

const isObject = ({ properties, additional }: ParameterShape): boolean => properties !== undefined || additional !== undefined;

/** The parameter where the whole of it is read, which may be required and have a default; not where a part of it is. */
type Whole = Pick<ParameterIr, "required" | "default"> | undefined;

const text = ({ allowReserved }: ParameterIr, whole: Whole): DeclaredParameter => ({
  type: celTypes.string,
  required: whole?.required === true,
  reading: { types: scalarBits(["string"]), ...(allowReserved ? { reserved: true } : {}) },
});

function scalar({ allowReserved }: ParameterIr, shape: ParameterShape, whole: Whole): DeclaredParameter | undefined {
  if (shape.scalar.length === 0 || shape.items !== undefined || isObject(shape)) return undefined;
  return {
    type: celTypes.unionOf(shape.scalar.map((type) => celTypeOf[type])),
    required: whole?.required === true || whole?.default !== undefined,
    reading: {
      types: scalarBits(shape.scalar),
      ...(allowReserved ? { reserved: true } : {}),
      ...(whole?.default === undefined ? {} : { default: whole.default }),
    },
  };
}

function list(
  parameter: ParameterIr,
  shape: ParameterShape,
  delimiter: NonNullable<DeclaredParameterIr["list"]>,
  whole: Whole,
): DeclaredParameter | undefined {
  if (shape.items === undefined || shape.scalar.length > 0 || isObject(shape)) return undefined;
  const each = scalar(parameter, shape.items, whole);
  if (each === undefined) return undefined;
  return { ...each, type: celTypes.listOf(each.type), reading: { ...each.reading, list: delimiter } };
}

export const celTypeOf: Record<ScalarType, CelType> = {
  null: celTypes.nullType,
  boolean: celTypes.bool,
  integer: celTypes.int,
  number: celTypes.double,
  string: celTypes.string,
};
