import type { ParameterIr, ParameterShape, ScalarType } from "../../compiler/ir/parameter.ts";

/**
 * How the text of a parameter is read, by the tables and with no thought for speed: what emitted readers are held
 * against. Whether the value is valid is the caller's business, as he knows the schema.
 */

/** A request as far as parameters are in it. `path`: what stands in the place of each template expression, still encoded. */
export interface SentParameters {
  readonly path: Readonly<Record<string, string>>;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export type Accepts = (value: unknown) => boolean;

export type ParameterReading =
  | { readonly kind: "absent" }
  | { readonly kind: "value"; readonly value: unknown }
  /** Nothing that the schema accepts can be read from what was sent. */
  | { readonly kind: "refused" };

const refused: ParameterReading = { kind: "refused" };

type Decode = (text: string) => string | undefined;

export function readParameter(parameter: ParameterIr, sent: SentParameters, accepts: Accepts): ParameterReading {
  const { in: where, allowEmptyValue, shape } = parameter;
  const found =
    where === "path"
      ? { texts: [sent.path[parameter.name]!], parts: [] }
      : where === "header"
        ? field(parameter, sent)
        : pairs(parameter, sent);
  if (found.texts.length === 0 && found.parts.length === 0) return { kind: "absent" };
  if (allowEmptyValue && found.texts.length === 1 && found.texts[0] === "") {
    if (shape.scalar.includes("string")) return { kind: "value", value: "" };
    if (shape.items !== undefined) return { kind: "value", value: [] };
    if (shape.properties !== undefined) return { kind: "value", value: {} };
    return { kind: "value", value: parameter.default };
  }
  if (parameter.enforced === "presence") return { kind: "value", value: undefined };
  const candidates = readAll(parameter, found.texts, found.parts);
  const value = candidates.find((candidate) => candidate !== undefined && accepts(candidate));
  return value === undefined ? refused : { kind: "value", value };
}

interface Found {
  /** Values of the parameter's own name. */
  readonly texts: readonly string[];
  /** Pairs whose names belong to properties of it: brackets or names, not decoded. */
  readonly parts: readonly (readonly [name: string, text: string])[];
}

function field({ name }: ParameterIr, { headers }: SentParameters): Found {
  const values = headers.filter(([sent]) => sent.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return { texts: values.length === 0 ? [] : [values.join(", ")], parts: [] };
}

/** Of the query or of the cookies. Only for operations with one spread object, whose names nobody else has. */
function pairs(parameter: ParameterIr, sent: SentParameters): Found {
  const { in: where, name, style, explode, shape, content } = parameter;
  const isQuery = where === "query";
  const cookies = sent.headers.filter(([field]) => field.toLowerCase() === "cookie").map(([, value]) => value);
  const all = (
    isQuery
      ? sent.query.split("&")
      : cookies
          .join(";")
          .split(";")
          .map((pair) => pair.trim())
  )
    .filter((pair) => pair !== "" && (isQuery || pair.includes("=")))
    .map((pair) => {
      const equals = pair.indexOf("=");
      const [sentName, text] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return isQuery ? ([sentName, text] as const) : ([sentName.trim(), text.trim()] as const);
    });
  const decoded = (text: string): string | undefined => (isQuery ? percent(text.replaceAll("+", " ")) : text);
  // In cookies `form` escapes names as it does in a query; `cookie` escapes nothing.
  const isCalled = (sentName: string, declared: string): boolean =>
    decoded(sentName) === declared || (!isQuery && style !== "cookie" && sentName === encodeURIComponent(declared));
  const own = all.filter(([sentName]) => isCalled(sentName, name)).map(([, text]) => text);
  if (content !== undefined) return { texts: own, parts: [] };
  if (style === "deepObject") {
    const parts = all.flatMap(([sentName, text]) =>
      decoded(sentName)?.startsWith(`${name}[`) ? [[decoded(sentName)!.slice(name.length), text] as const] : [],
    );
    return { texts: own, parts };
  }
  if (!explode || shape.properties === undefined) return { texts: own, parts: [] };
  const isProperty = (sentName: string): boolean =>
    Object.keys(shape.properties!).some((property) => isCalled(sentName, property)) || shape.additional !== undefined;
  const isOwn = shape.items !== undefined || shape.scalar.length > 0;
  const parts = all.filter(([sentName]) => isProperty(sentName) && !(isOwn && isCalled(sentName, name)));
  return { texts: isOwn ? own : [], parts };
}

/** Everything that the texts can be, best first; undefined in the place of what they cannot be. */
function readAll(parameter: ParameterIr, texts: readonly string[], parts: Found["parts"]): unknown[] {
  const { style, explode, shape, content, allowReserved, in: where } = parameter;
  const decode: Decode = (text) => {
    if (where === "header" || style === "cookie") return text;
    return percent(where === "query" && !allowReserved ? text.replaceAll("+", " ") : text);
  };
  const [text] = texts;
  if (content !== undefined)
    return texts.length === 1 ? [content === "application/json" ? json(decode(text!)) : decode(text!)] : [];
  if (texts.length > 0 && parts.length > 0) return [];
  if (style === "deepObject") {
    return parts.length > 0 ? [deep(parts, shape, decode)] : repeatable(texts, shape, decode);
  }
  if (explode && (style === "form" || style === "cookie")) {
    return [...(parts.length > 0 ? [object(parts, shape, decode)] : []), ...repeatable(texts, shape, decode)];
  }
  if (texts.length > 1) return [];
  const inner = withoutPrefix(parameter, text!, decode);
  const isContainer = shape.items !== undefined || shape.properties !== undefined;
  const items = split(parameter, text!, decode);
  const alone = isContainer && items !== undefined && items.length > 1 ? [] : scalars(inner, shape, decode);
  const list = shape.items === undefined || items === undefined ? undefined : array(items, shape.items, decode);
  const members = shape.properties === undefined ? undefined : object(membersOf(parameter, text!, decode), shape, decode);
  return [...alone, list, members, ...scalars(inner, shape, decode)];
}

function repeatable(texts: readonly string[], shape: ParameterShape, decode: Decode): unknown[] {
  const alone = texts.length === 1 ? scalars(texts[0], shape, decode) : [];
  return texts.length > 0 && shape.items !== undefined ? [...alone, array(texts, shape.items, decode)] : alone;
}

function scalars(text: string | undefined, shape: ParameterShape, decode: Decode): unknown[] {
  if (text === undefined || shape.scalar.length === 0) return [];
  return [scalar(text, shape.scalar, decode), shape.scalar.includes("string") ? decode(text) : undefined];
}

function scalar(raw: string, types: readonly ScalarType[], decode: Decode): unknown {
  const text = decode(raw);
  if (text === undefined) return undefined;
  if (types.includes("null") && (text === "null" || (text === "" && !types.includes("string")))) return null;
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  const isInteger = /^-?(0|[1-9][0-9]*)$/.test(text);
  const isNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text);
  if (((types.includes("integer") && isInteger) || (types.includes("number") && isNumber)) && Number.isFinite(Number(text))) {
    return Number(text) === 0 ? 0 : Number(text);
  }
  return types.includes("string") ? text : undefined;
}

function array(items: readonly string[], shape: ParameterShape, decode: Decode): unknown {
  const values = items.map((item) => scalar(item, shape.scalar, decode));
  return values.includes(undefined) ? undefined : values;
}

function object(parts: readonly (readonly [string, string])[] | undefined, shape: ParameterShape, decode: Decode): unknown {
  if (parts === undefined) return undefined;
  const members = new Map<string, unknown>();
  for (const [sentName, text] of parts) {
    const name = decode(sentName);
    if (name === undefined) return undefined;
    const known =
      shape.properties !== undefined && Object.hasOwn(shape.properties, name) ? shape.properties[name] : shape.additional;
    const value = scalar(text, known?.items?.scalar ?? known?.scalar ?? ["string"], decode);
    if (value === undefined) return undefined;
    if (known?.items !== undefined) members.set(name, [...((members.get(name) as unknown[] | undefined) ?? []), value]);
    else if (members.has(name)) return undefined;
    else members.set(name, value);
  }
  return Object.fromEntries(members);
}

/** What is written behind `.` or `;name=`; the text itself in other styles. */
function withoutPrefix({ style, name }: ParameterIr, text: string, decode: Decode): string | undefined {
  if (style === "label") return text.startsWith(".") ? text.slice(1) : undefined;
  if (style !== "matrix") return text;
  if (!text.startsWith(";")) return undefined;
  const [key = "", ...rest] = text.slice(1).split("=");
  return decode(key) === name ? rest.join("=") : undefined;
}

/** `isObject`: an escaped comma belongs to a text (RFC 6570 §3.2.1), which in lists nobody can tell. */
function split(parameter: ParameterIr, text: string, decode: Decode, isObject = false): string[] | undefined {
  const { style, explode, name, labelDots, in: where } = parameter;
  if (style === "matrix" && explode) {
    const items = text.startsWith(";") ? text.slice(1).split(";") : [];
    const pairs = items.map((item) => item.split("="));
    return items.length > 0 && pairs.every(([key = ""]) => decode(key) === name)
      ? pairs.map(([, ...rest]) => rest.join("="))
      : undefined;
  }
  const inner = withoutPrefix(parameter, text, decode);
  if (inner === undefined) return undefined;
  if (style === "spaceDelimited") return inner.split(/%20|\+/);
  if (style === "pipeDelimited") return inner.split(/\||%7c/i);
  if (style === "label" && (explode || (labelDots && !inner.includes(",")))) return inner.split(".");
  const isEscaped = where !== "header" && style !== "cookie" && !isObject;
  const items = inner.split(isEscaped ? /,|%2c/i : ",");
  return where === "header" ? items.map((item) => item.trim()) : items;
}

function membersOf(parameter: ParameterIr, text: string, decode: Decode): (readonly [string, string])[] | undefined {
  const { style, explode } = parameter;
  if (!explode) {
    const items = split(parameter, text, decode, true);
    if (items === undefined || items.length % 2 === 1) return undefined;
    return items.flatMap((item, index) => (index % 2 === 0 ? [[item, items[index + 1]!] as const] : []));
  }
  const items =
    style === "matrix" ? (text.startsWith(";") ? text.slice(1).split(";") : undefined) : split(parameter, text, decode, true);
  if (items === undefined || (style !== "matrix" && items.some((item) => !item.includes("=")))) return undefined;
  return items.map((item) => {
    const [name = "", ...rest] = item.split("=");
    return [name, rest.join("=")] as const;
  });
}

/** Brackets behind brackets, as many as there are. */
function deep(parts: readonly (readonly [string, string])[], shape: ParameterShape, decode: Decode): unknown {
  const entries = parts.map(([path, text]) => ({
    keys: [...path.matchAll(/\[([^[\]]*)\]/g)].map(([, key]) => key!),
    path,
    text,
  }));
  if (entries.some(({ keys, path }) => keys.map((key) => `[${key}]`).join("") !== path || keys.length > 32)) return undefined;
  return tree(entries, shape, decode);
}

interface DeepEntry {
  readonly keys: readonly string[];
  readonly text: string;
}

function tree(entries: readonly DeepEntry[], shape: ParameterShape, decode: Decode): unknown {
  const leaves = entries.filter(({ keys }) => keys.length === 0);
  if (leaves.length > 0) {
    if (leaves.length < entries.length) return undefined;
    if (shape.items !== undefined)
      return array(
        leaves.map(({ text }) => text),
        shape.items,
        decode,
      );
    return leaves.length === 1 && shape.scalar.length > 0 ? scalar(leaves[0]!.text, shape.scalar, decode) : undefined;
  }
  const keys = [...new Set(entries.map(({ keys: [key] }) => key!))];
  const inside = (key: string): DeepEntry[] =>
    entries.filter(({ keys: [first] }) => first === key).map(({ keys: [, ...rest], text }) => ({ keys: rest, text }));
  if (shape.items !== undefined && keys.every((key) => /^[0-9]{0,4}$/.test(key))) {
    const { items } = shape;
    const unnumbered = inside("").map((entry) => tree([entry], items, decode));
    const numbered = keys.filter((key) => key !== "").sort((a, b) => Number(a) - Number(b));
    const values = [...unnumbered, ...numbered.map((key) => tree(inside(key), items, decode))];
    return values.includes(undefined) ? undefined : values;
  }
  if (shape.properties === undefined) return undefined;
  const members = keys.map((key) => {
    const known =
      shape.properties !== undefined && Object.hasOwn(shape.properties, key) ? shape.properties[key] : shape.additional;
    return [key, tree(inside(key), known ?? { scalar: ["string"], properties: {} }, decode)] as const;
  });
  return members.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(members);
}

function percent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function json(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
