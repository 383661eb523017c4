import type { HeaderList } from "../fields/header-list.ts";
import { wrongCharset } from "./charset.ts";
import { parseMediaType } from "./media-type.ts";

/** `application/json` of `Application/JSON; charset=utf-8`; empty where there is none. */
export const mediaTypeOf = (headers: HeaderList): string =>
  (headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();

/** JSON by its media type (RFC 8259 §11, RFC 6839 §3.1), in lower case. */
export const isJson = (mediaType: string): boolean => /^application\/(?:[\w.!#$&^-]+\+)?json$/.test(mediaType);

/** Why whoever gets the message may not read its body as the JSON that it is read as here; undefined where all do. */
export function notJson(headers: HeaderList): string | undefined {
  const field = headers.single("content-type");
  if (field === undefined) return "It has no Content-Type.";
  const media = field === null ? undefined : parseMediaType(field);
  if (media === undefined) return "Its Content-Type can be read in several ways.";
  const name = `${media.type}/${media.subtype}`;
  return isJson(name) ? wrongCharset(media)?.problem?.detail : `It is ${name}, not JSON.`;
}
