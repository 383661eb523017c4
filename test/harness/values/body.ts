import type { EmittedIr } from "../../../compiler/ir/emitted.ts";
import { GiveUp } from "./merged.ts";
import { deepPairs, escape, isRecord, scalar } from "./serialise.ts";

/** A media type of a body as the compiler lowers it: what reads it, and the schema of the value. */
export interface LoweredContent {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: readonly string[];
  readonly format: { readonly factory: { readonly name: string }; readonly config: FormConfig } | null;
  readonly validator: EmittedIr<"validator"> | null;
}

interface FormConfig {
  readonly fields?: { readonly [name: string]: LoweredField };
  readonly additional?: LoweredField;
}

interface LoweredField {
  readonly as: string;
  readonly shape: { readonly items?: unknown };
  readonly mediaTypes?: readonly { readonly type: string; readonly subtype: string }[];
  readonly headers?: readonly { readonly name: string; readonly required: boolean }[];
}

export interface WrittenBody {
  readonly contentType: string;
  readonly body: string;
}

export const formatOf = ({ format }: LoweredContent): string =>
  format?.factory.name.replace(/^create|Body$/g, "").toLowerCase() ?? "unread";

/** Written as text: values are told apart by the schema only. */
export const isTextual = (content: LoweredContent): boolean =>
  ["form", "multipart", "text", "binary"].includes(formatOf(content));

export function writeBody(content: LoweredContent, value: unknown): WrittenBody {
  const contentType = mediaType(content);
  switch (formatOf(content)) {
    case "json":
      return { contentType, body: JSON.stringify(value) };
    case "form":
      return { contentType, body: formText(content.format!.config, value) };
    case "multipart":
      return { contentType: `${contentType}; boundary=corpus`, body: multipartText(content.format!.config, value) };
    default:
      return { contentType, body: scalar(value) };
  }
}

/** A media type within the range. */
export function mediaType({
  type,
  subtype,
  parameters,
}: Pick<LoweredContent, "type" | "subtype"> & { readonly parameters?: readonly string[] }): string {
  const written = (parameters ?? [])
    .map((part, index) => (index % 2 === 0 ? `; ${part}=` : /^[\w.+-]+$/.test(part) ? part : JSON.stringify(part)))
    .join("");
  return `${type === "*" ? "application" : type}/${subtype === "*" ? (type === "text" ? "plain" : type === "image" ? "png" : "json") : subtype.replace("*", "vnd.corpus")}${written}`;
}

function fieldsOf(config: FormConfig, value: unknown): { name: string; member: unknown; field: LoweredField }[] {
  if (!isRecord(value)) throw new GiveUp("a form is an object");
  return Object.entries(value).map(([name, member]) => {
    const known = config.fields !== undefined && Object.hasOwn(config.fields, name) ? config.fields[name] : config.additional;
    return { name, member, field: known ?? { as: "text", shape: {} } };
  });
}

function formText(config: FormConfig, value: unknown): string {
  const pairs = fieldsOf(config, value).flatMap(({ name, member, field: { as } }): (readonly [string, string])[] => {
    if (as === "json") return [[name, JSON.stringify(member)]];
    if (as === "deep") return deepPairs(name, member);
    if (as === "spread" && isRecord(member))
      return Object.entries(member).flatMap(([key, item]) =>
        (Array.isArray(item) ? item : [item]).map((one) => [key, scalar(one)] as const),
      );
    return (Array.isArray(member) ? member : [member]).map(
      (item) => [name, as === "text" || !Array.isArray(member) ? scalar(item) : `${scalar(item)}`] as const,
    );
  });
  const delimiters: { readonly [as: string]: string } = { comma: ",", space: "%20", pipe: "%7C" };
  const joined = fieldsOf(config, value).flatMap(({ name, member, field: { as } }) =>
    delimiters[as] === undefined ? [] : [{ name, member, by: delimiters[as] }],
  );
  const isJoined = new Set(joined.map(({ name }) => name));
  return [
    ...pairs.filter(([name]) => !isJoined.has(name)).map(([name, text]) => `${escape(name)}=${escape(text)}`),
    ...joined.map(({ name, member, by }) => {
      const items = Array.isArray(member) ? member : isRecord(member) ? Object.entries(member).flat() : [member];
      return `${escape(name)}=${items.map((item) => escape(scalar(item))).join(by)}`;
    }),
  ].join("&");
}

function multipartText(config: FormConfig, value: unknown): string {
  const parts = fieldsOf(config, value).flatMap(({ name, member, field }) => {
    if (field.headers?.some(({ required }) => required) === true) throw new GiveUp("a part needs fields of its own");
    const range = field.mediaTypes?.[0];
    const items = Array.isArray(member) && (field.as !== "json" || field.shape.items !== undefined) ? member : [member];
    return items.map((item) => {
      const isFile = field.as === "binary";
      const type =
        range !== undefined
          ? mediaType(range)
          : isFile
            ? "application/octet-stream"
            : field.as === "json"
              ? "application/json"
              : undefined;
      const text = field.as === "json" ? JSON.stringify(item) : scalar(item);
      const quoted = name.replaceAll('"', "%22");
      return `--corpus\r\nContent-Disposition: form-data; name="${quoted}"${isFile ? '; filename="a.bin"' : ""}\r\n${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n${text}\r\n`;
    });
  });
  return `${parts.join("")}--corpus--\r\n`;
}
