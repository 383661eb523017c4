import type { ParameterIr } from "../../../compiler/ir/parameter.ts";
import { GiveUp } from "./merged.ts";

/** What one parameter adds to a request; `query` and `cookie`: pairs as sent. */
export interface Written {
  readonly path?: string;
  readonly query: readonly string[];
  readonly header?: string;
  readonly cookie: readonly string[];
}

const nothing: Written = { query: [], cookie: [] };

export const escape = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** By RFC 6570, as OpenAPI refers to it. Throws GiveUp where a style cannot write the value. */
export function writeParameter(parameter: ParameterIr, value: unknown): Written {
  const { in: where, name, style, explode, content } = parameter;
  if (where === "header")
    return {
      ...nothing,
      header: fieldText(content === undefined ? simple(value, explode, ",", String) : contentText(content, value)),
    };
  if (content !== undefined) {
    const text = escape(contentText(content, value));
    if (where === "path") return { ...nothing, path: text };
    return where === "query" ? { ...nothing, query: [`${escape(name)}=${text}`] } : { ...nothing, cookie: [`${name}=${text}`] };
  }
  if (where === "path") return { ...nothing, path: pathText(parameter, value) };
  const raw = style === "cookie";
  const encode = (text: unknown): string => (raw ? cookieText(String(text)) : escape(String(text)));
  const pairs =
    style === "deepObject"
      ? deepPairs(name, value).map(([key, text]) => `${escape(key)}=${escape(text)}`)
      : explode
        ? explodedPairs(name, value, encode, raw)
        : [
            `${raw ? name : escape(name)}=${simple(value, false, { spaceDelimited: "%20", pipeDelimited: "%7C" }[style as string] ?? ",", encode)}`,
          ];
  return where === "query" ? { ...nothing, query: pairs } : { ...nothing, cookie: pairs };
}

function explodedPairs(name: string, value: unknown, encode: (text: unknown) => string, raw: boolean): string[] {
  const key = raw ? name : escape(name);
  if (Array.isArray(value)) return value.map((item) => `${key}=${encode(scalar(item))}`);
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([member, item]) =>
      (Array.isArray(item) ? item : [item]).map((one) => `${encode(member)}=${encode(scalar(one))}`),
    );
  }
  return [`${key}=${encode(scalar(value))}`];
}

function pathText({ name, style, explode }: ParameterIr, value: unknown): string {
  if (style === "label") return `.${simple(value, explode, explode ? "." : ",", escape)}`;
  if (style !== "matrix") return simple(value, explode, ",", escape);
  if (explode && Array.isArray(value)) return value.map((item) => `;${escape(name)}=${escape(scalar(item))}`).join("");
  if (explode && isRecord(value))
    return Object.entries(value)
      .map(([key, item]) => `;${escape(key)}=${escape(scalar(item))}`)
      .join("");
  return `;${escape(name)}=${simple(value, false, ",", escape)}`;
}

function simple(value: unknown, explode: boolean, separator: string, encode: (text: string) => string): string {
  const one = (item: unknown): string => {
    const text = encode(scalar(item));
    if (encode === String && text.includes(",")) throw new GiveUp("a comma cannot be written in a list of a field");
    return text;
  };
  if (Array.isArray(value)) {
    if (value.length === 0) throw new GiveUp("an empty array cannot be written");
    return value.map(one).join(separator);
  }
  if (!isRecord(value)) return encode(scalar(value));
  return Object.entries(value)
    .map(([key, item]) => (explode ? `${encode(key)}=${one(item)}` : `${encode(key)}${separator}${one(item)}`))
    .join(separator);
}

/** `name[a][b]=1`; items of arrays come again, objects in arrays are numbered. */
export function deepPairs(name: string, value: unknown): [string, string][] {
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      deepPairs(isRecord(item) || Array.isArray(item) ? `${name}[${index}]` : `${name}[]`, item),
    );
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([key, item]) => {
      if (/[[\]]/.test(key)) throw new GiveUp("a bracket cannot be written in the name of a property");
      return deepPairs(`${name}[${key}]`, item);
    });
  }
  return [[name, scalar(value)]];
}

export function scalar(value: unknown): string {
  if (typeof value === "object" || value === undefined) throw new GiveUp("the style cannot write a value inside of another");
  return String(value);
}

const contentText = (content: string, value: unknown): string =>
  /[/+]json$/.test(content) ? JSON.stringify(value) : scalar(value);

/** RFC 9110 §5.5: nothing but visible characters, and blanks between them. */
function fieldText(text: string): string {
  if (!/^[!-~]([ -~]*[!-~])?$/.test(text)) throw new GiveUp("the text cannot stand in a field");
  return text;
}

function cookieText(text: string): string {
  if (!/^[!#-+\--:<-[\]-~]+$/.test(text)) throw new GiveUp("the text cannot stand in a cookie");
  return text;
}

export const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
