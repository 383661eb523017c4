import type { Origin } from "./origin.ts";
import type { ParameterShape } from "./parameter.ts";

/** The body that an operation takes. */
export interface BodyIr {
  readonly kind: "body";
  readonly required: boolean;
  /** Most specific media type first. */
  readonly content: readonly ContentIr[];
  readonly origin: Origin;
}

/** How the messages of an operation are read; strict: `readOnly` and `writeOnly` properties must not be where they do not belong. */
export interface MessageViews {
  readonly request: "request" | "strictRequest";
  readonly response: "response" | "strictResponse";
  /** Formats whose offset may be left out. */
  readonly lenient?: readonly ("date-time" | "time")[];
}

/** What an operation may answer with one status, or with several. */
export interface ResponseIr {
  readonly kind: "response";
  /** `200`, `2XX` or `default`; an exact status comes before its range, `default` last. */
  readonly status: string;
  readonly headers: readonly ResponseHeaderIr[];
  /** Most specific media type first; empty: nothing is said about a body. */
  readonly content: readonly ContentIr[];
  readonly origin: Origin;
}

export interface ResponseHeaderIr {
  /** Lower case. */
  readonly name: string;
  readonly required: boolean;
  readonly shape: ParameterShape;
  readonly explode: boolean;
  /** The value is JSON. */
  readonly json: boolean;
  /** Id of a SchemaIr. */
  readonly schema?: string;
  readonly origin: Origin;
}

/**
 * How bytes become the value that the schema is asked about.
 *
 * `byType` stands for ranges: what is sent as JSON is read as JSON, text as text, and the rest is not read.
 * `unread`: there is no reader; the body is only counted.
 */
export const bodyFormats = ["json", "form", "multipart", "text", "binary", "byType", "unread"] as const;
export type BodyFormatName = (typeof bodyFormats)[number];

export interface ContentIr {
  readonly kind: "content";
  readonly range: MediaRangeIr;
  readonly format: BodyFormatName;
  /** Id of a SchemaIr; absent: any value, or one that cannot be judged, which was reported. */
  readonly schema?: string;
  /** Its schema says nothing of the value, and yet a body has to be well-formed. */
  readonly hasSyntax?: true;
  /** Of `text` and `byType`. */
  readonly shape?: ParameterShape;
  /** Of `form` and `multipart`. */
  readonly fields?: { readonly [name: string]: FieldIr };
  /** Of properties that the schema does not name, where it says something about them. */
  readonly additional?: FieldIr;
  readonly origin: Origin;
}

/** Lower case; `subtype` may be `*` or `*+suffix`. Parameters are names and values alternating, without `charset`. */
export interface MediaRangeIr {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: readonly string[];
}

/** How one property of a form is written (OpenAPI Encoding Object). */
export interface FieldIr {
  /** `binary` only in `multipart`. */
  readonly as: "text" | "json" | "jsonOrText" | "binary" | "comma" | "space" | "pipe" | "deep" | "spread";
  readonly shape: ParameterShape;
  /** A file of whose content the schema says nothing: how many there are at least, where there have to be some. */
  readonly streams?: number;
  /** Of `multipart`: what `encoding.contentType` lists; empty: any. */
  readonly mediaTypes: readonly MediaRangeIr[];
  /** Of `multipart`. */
  readonly headers: readonly ResponseHeaderIr[];
}
