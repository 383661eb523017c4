import type { ParameterIr } from "../../../ir/parameter.ts";

/** Local variables that hold what was sent for a parameter, before it is decoded. Undefined at run time: nothing was sent. */
export interface Texts {
  readonly parameter: ParameterIr;
  /** Name of the variable for the value. */
  readonly value: string;
  /** The only text. */
  readonly one?: string;
  /** An array of texts, one for each time the name was sent. */
  readonly many?: string;
  /** Names and texts in turn. */
  readonly parts?: string;
}

/** Which of the variables a parameter needs. */
export function collected({ style, explode, shape, content }: ParameterIr): {
  readonly one: boolean;
  readonly many: boolean;
  readonly parts: boolean;
} {
  const isList = shape.items !== undefined;
  const isObject = shape.properties !== undefined;
  if (content !== undefined) return { one: true, many: false, parts: false };
  if (style === "deepObject") return { one: !isList && shape.scalar.length > 0, many: isList, parts: isList || isObject };
  if (explode && (style === "form" || style === "cookie"))
    return { one: !isList && (shape.scalar.length > 0 || !isObject), many: isList, parts: isObject };
  return { one: true, many: false, parts: false };
}

/** A condition that holds when nothing was sent. */
export const isAbsent = (texts: Texts): string =>
  variables(texts)
    .map((name) => `${name} === undefined`)
    .join(" && ");

/** A condition that holds when something was sent. */
export const isSent = (texts: Texts): string =>
  variables(texts)
    .map((name) => `${name} !== undefined`)
    .join(" || ");

const variables = ({ one, many, parts }: Texts): string[] => [one, many, parts].filter((name) => name !== undefined);
