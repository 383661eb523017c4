import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { type ParameterLocation, type ParameterShape, type ParameterStyle, parameterStyles } from "../../ir/parameter.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject } from "../../source/source-set.ts";
import { list } from "../../text/words.ts";
import { styleNotAllowed, undefinedSerialisation } from "./messages.gen.ts";

/** OpenAPI "Style Values", with `cookie` of OpenAPI 3.2; the default comes first. */
const stylesIn: Readonly<Record<ParameterLocation, readonly [ParameterStyle, ...ParameterStyle[]]>> = {
  path: ["simple", "label", "matrix"],
  query: ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
  header: ["simple"],
  cookie: ["form", "cookie"],
};

export interface Serialisation {
  readonly style: ParameterStyle;
  readonly explode: boolean;
  /** Why no value of the shape can be read. */
  readonly unreadable?: string;
}

/**
 * Style and explode of a parameter with a `schema`, and what OpenAPI leaves undefined about them. `endless`: why values
 * cannot be read whatever the style.
 */
export function serialisation(
  parameter: JsonObject,
  shape: ParameterShape,
  endless: string | undefined,
  positions: Positions,
  sink: DiagnosticSink,
): Serialisation {
  const where = parameter.in as ParameterLocation;
  const name = String(parameter.name);
  const allowed = stylesIn[where];
  const written = parameter.style;
  const style = allowed.find((each) => each === written) ?? allowed[0];
  if (written !== undefined && style !== written) {
    const styles = list(
      allowed.map((each) => `\`${each}\``),
      "or",
    );
    const isKnown = (parameterStyles as readonly unknown[]).includes(written);
    const problem = isKnown ? `is not defined for parameters in ${where}` : "is no style";
    sink.report(
      styleNotAllowed(positions.value(parameter, "style"), { name, style: String(written), problem, used: style, styles }),
    );
  }
  const explode =
    style === "deepObject" ||
    (typeof parameter.explode === "boolean" ? parameter.explode : style === "form" || style === "cookie");
  const { subject, reading, unreadable, as = style } = carried(where, style, explode, shape);
  const reason = endless ?? unreadable;
  if (reason !== undefined) return { style, explode, unreadable: reason };
  if (subject !== undefined) {
    const at = positions.value(parameter, Object.hasOwn(parameter, "style") ? "style" : "name");
    sink.report(undefinedSerialisation(at, { name, subject, style, explode: String(explode), reading: reading! }));
  }
  return { style: as, explode };
}

/** What a style makes of the values of a shape; of query parameters and of the fields of forms, which are written alike. */
export interface Carried {
  /** What OpenAPI does not define. */
  readonly subject?: string;
  /** How it is read all the same. */
  readonly reading?: string;
  /** The style that is read instead. */
  readonly as?: ParameterStyle;
  readonly unreadable?: string;
}

export function carried(where: ParameterLocation, style: ParameterStyle, explode: boolean, shape: ParameterShape): Carried {
  const { scalar, items, properties, additional } = shape;
  if (style === "deepObject") return deepPart(shape);
  const members = [...Object.entries(properties ?? {}), ...(additional === undefined ? [] : [["*", additional] as const])];
  if (items !== undefined && items.scalar.length === 0)
    return { unreadable: "its items are arrays or objects, which `style` cannot write" };
  const nested = members.find(([, member]) => member.scalar.length === 0 && !(explode && style === "form" && isTextList(member)));
  if (nested !== undefined)
    return { unreadable: `its property \`${nested[0]}\` is an array or object, which \`style: ${style}\` cannot write` };
  if (style === "spaceDelimited" || style === "pipeDelimited") return delimitedPart(explode, shape);
  if (members.some(([, member]) => member.items !== undefined && explode && style === "form")) {
    return { subject: "arrays inside of an object", reading: "each property is read as an array of its own: `a=1&a=2`" };
  }
  if (where === "cookie" && style === "form" && explode && (items !== undefined || properties !== undefined)) {
    return {
      subject: `${items === undefined ? "objects" : "arrays"} in a cookie`,
      reading: "each item or property is read as a cookie of its own, as `style: cookie` of OpenAPI 3.2 has it",
    };
  }
  const isMixed = (items !== undefined || properties !== undefined) && scalar.includes("string") && !explode;
  if (isMixed)
    return {
      subject: "values that are either text or a list",
      reading: "text with the delimiter of the style is read as a list first, and as text where the schema refuses that",
    };
  return {};
}

function delimitedPart(explode: boolean, { scalar, items, properties }: ParameterShape): Carried {
  if (explode) return { subject: "exploded values", reading: "they are read as with `style: form`", as: "form" };
  if (items === undefined && properties === undefined && scalar.length > 0)
    return { subject: "single values", reading: "they are read as with `style: form`", as: "form" };
  if (properties !== undefined && items !== undefined)
    return { subject: "values that are an array or an object", reading: "an array is tried first" };
  return {};
}

function deepPart(shape: ParameterShape): Carried {
  const reading = "arrays are read from `name[]=1`, `name[0]=1` or a repeated name, inner objects from `name[a][b]=1`";
  if (shape.items !== undefined) return { subject: "arrays", reading };
  const members = [...Object.values(shape.properties ?? {}), ...(shape.additional === undefined ? [] : [shape.additional])];
  if (members.some((member) => member.items !== undefined || member.properties !== undefined))
    return { subject: "objects that hold arrays or objects", reading };
  if (shape.properties === undefined)
    return { subject: "single values", reading: "they are read as with `style: form`", as: "form" };
  return {};
}

const isTextList = ({ items }: ParameterShape): boolean => items !== undefined && items.scalar.length > 0;
