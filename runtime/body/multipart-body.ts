import type { Shape } from "../parameters/lists.ts";
import { readScalar } from "../parameters/scalars.ts";
import { shortened, type Validator, Violations, violationsOf } from "../validation/violations.ts";
import type { BodyFormat } from "./body-format.ts";
import { decodeText } from "./charset.ts";
import { looksLikeJson } from "./form-fields.ts";
import { JsonReader } from "./json.ts";
import { malformed, type Parsed, parsed } from "./malformed.ts";
import { formatRange, isWithin, type MediaRange, type MediaType, parameterOf } from "./media-type.ts";
import { isBoundary, type Part, type PartHead } from "./multipart-parts.ts";
import { MultipartReader, type PartSink } from "./multipart-reader.ts";
import type { StyledForm, StyledParts } from "./styled-parts.ts";

/** How one property of a multipart body is written (OpenAPI Encoding Object). */
export interface PartField {
  /** `text`: bytes are taken as they are where the part is a file or names another media type than text. */
  readonly as: "text" | "json" | "jsonOrText" | "binary";
  readonly shape: Shape;
  /** Media types that `encoding.contentType` lists; empty: any. */
  readonly mediaTypes: readonly MediaRange[];
  /** Bytes of one part. */
  readonly maxBytes: number;
  /** Nobody looks at the content: its value is an empty text. So many are expected where they have to be there. */
  readonly streams?: number;
  readonly headers: readonly PartHeader[];
}

export interface PartHeader {
  /** Lower case. */
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
  readonly validator?: Validator | undefined;
}

export interface MultipartBodyConfig {
  readonly fields: { readonly [name: string]: PartField };
  readonly additional?: PartField | undefined;
  /** Of properties that a style writes. */
  readonly styled?: StyledParts | undefined;
  readonly maxParts: number;
  readonly maxHeadBytes: number;
  /** Bytes of one part that the schema does not name. */
  readonly maxPartBytes: number;
  readonly maxDepth: number;
  /** Violations to collect. */
  readonly maxViolations: number;
}

export const createMultipartBody = (config: MultipartBodyConfig): MultipartBody => new MultipartBody(config);

/** `multipart/form-data`: an object with a property a name; several parts of one name are the items of an array. */
class MultipartBody implements BodyFormat {
  readonly isNeverEmpty = true;
  readonly #config: MultipartBodyConfig;

  constructor(config: MultipartBodyConfig) {
    this.#config = config;
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    const boundary = boundaryOf(media);
    if (boundary === undefined) return noBoundary();
    const parts = new FormParts(this.#config);
    const reader = new MultipartReader(boundary, this.#config, parts);
    const isWhole = reader.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return isWhole ? parts.value() : malformed(reader.problem!);
  }
}

export const noBoundary = (): Parsed<never> => malformed("Content-Type must name a valid boundary.");

export function boundaryOf(media: MediaType): string | undefined {
  const boundary = parameterOf(media, "boundary");
  return boundary !== undefined && isBoundary(boundary) ? boundary : undefined;
}

/** What the parts of one body come to. */
export class FormParts implements PartSink {
  count = 0;
  /** Bytes of the parts whose content is kept. */
  bytes = 0;
  readonly #config: MultipartBodyConfig;
  readonly #json: JsonReader;
  readonly #found: Violations;
  readonly #values = new Map<string, unknown[]>();
  readonly #styled: StyledForm | undefined;

  constructor(config: MultipartBodyConfig) {
    this.#config = config;
    this.#json = new JsonReader({ maxDepth: config.maxDepth, exactIntegers: true });
    this.#found = new Violations({ in: "body" }, config.maxViolations);
    this.#styled = config.styled?.begin();
  }

  streams({ name }: PartHead): boolean {
    return this.#field(name).streams !== undefined;
  }

  add(part: Part): string | undefined {
    const { name, bytes } = part;
    if (name === "__proto__") return 'A part must not have the name "__proto__".';
    if (this.#styled?.takes(name) === true) {
      this.count++;
      this.bytes += bytes.length;
      return this.#styled.add(part, this.#config.maxPartBytes);
    }
    const field = this.#field(name);
    const before = this.#values.get(name);
    const index = field.shape.items === undefined ? undefined : (before?.length ?? 0);
    if (bytes.length > field.maxBytes) return `The part ${shown(name)} has more than ${field.maxBytes} bytes.`;
    const value = this.#value(part, field, this.#found, index);
    if (value.problem !== undefined) return `The part ${shown(name)} cannot be read: ${value.problem.detail}`;
    this.count++;
    this.bytes += bytes.length;
    if (before === undefined) this.#values.set(name, [value.value]);
    else before.push(value.value);
    return undefined;
  }

  /** The form as far as it has come. `expected`: properties that are taken to be there, as files that are still to come. */
  value(expected: readonly string[] = []): Parsed {
    const values = new Map(this.#values);
    for (const name of expected) {
      const list = values.get(name) ?? [];
      const missing = Math.max(0, this.#field(name).streams! - list.length);
      values.set(name, [...list, ...Array.from({ length: missing }, () => "")]);
    }
    const entries = [...values].map(([name, list]): readonly [string, unknown] => [name, this.#property(name, list)]);
    const problem = this.#styled?.addTo(entries);
    if (problem !== undefined) return malformed(problem);
    const { list } = this.#found;
    return parsed(Object.fromEntries(entries), list.length === 0 ? undefined : list);
  }

  #property(name: string, list: readonly unknown[]): unknown {
    const isWhole = list.length === 1 && (this.#field(name).shape.items === undefined || Array.isArray(list[0]));
    return isWhole ? list[0] : list;
  }

  #field(name: string): PartField {
    const { fields, additional, maxPartBytes } = this.#config;
    return Object.hasOwn(fields, name) ? fields[name]! : (additional ?? unknownPart(maxPartBytes));
  }

  #value(part: Part, field: PartField, found: Violations, index: number | undefined): Parsed {
    const { media } = part;
    if (
      field.mediaTypes.length > 0 &&
      !field.mediaTypes.some((range) => isWithin(media, range)) &&
      (part.hasMedia || !allowsUnnamed(field))
    ) {
      found.add(
        "contentType",
        `must be a part of the media type ${field.mediaTypes.map(formatRange).join(" or ")}`,
        part.name,
        index,
      );
    }
    for (const header of field.headers) checkHeader(part, header, found, index);
    if (field.streams !== undefined) return parsed("");
    if (field.as === "json") return this.#json.parse(part.bytes);
    if (field.as === "jsonOrText" && looksLikeJson(part.bytes.toString("latin1", 0, 100))) {
      const read = this.#json.parse(part.bytes);
      if (read.problem === undefined) return read;
    }
    if (field.as === "binary" || part.filename !== undefined || media.type !== "text")
      return parsed(part.bytes.toString("latin1"));
    const text = decodeText(part.bytes, media);
    if (text.problem !== undefined) return text;
    const { scalar } = field.shape.items ?? field.shape;
    const value = scalar === 16 || scalar === 0 ? undefined : readScalar(text.value, scalar, 0, null);
    return value === undefined ? text : parsed(value);
  }
}

const unknownPart = (maxBytes: number): PartField => ({
  as: "text",
  shape: { scalar: 16 },
  mediaTypes: [],
  maxBytes,
  headers: [],
});

const shown = (name: string): string => JSON.stringify(shortened(name));

/** A part without Content-Type is text/plain by RFC 7578 §4.4, and most clients send no other for JSON and for numbers. */
const allowsUnnamed = ({ as }: PartField): boolean => as !== "binary";

function checkHeader(part: Part, header: PartHeader, found: Violations, index: number | undefined): void {
  const at = part.fields.findIndex((name, place) => place % 2 === 0 && name === header.name);
  if (at < 0) {
    if (header.required) found.add("required", `must have the header field ${header.name}`, part.name, index);
    return;
  }
  const raw = part.fields[at + 1]!;
  const { scalar } = header.shape;
  const read = scalar === 0 ? undefined : readScalar(raw, scalar, 0, null);
  const value = read === undefined ? raw : read;
  const wrong = header.validator === undefined ? undefined : violationsOf(header.validator, value, { in: "body" }, found.limit);
  for (const { keyword, message } of wrong ?? [])
    found.add(keyword, `has the header field ${header.name}, which ${message}`, part.name, index);
}
