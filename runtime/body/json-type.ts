import type { HeaderList } from "../fields/header-list.ts";

/** `application/json` of `Application/JSON; charset=utf-8`; empty where there is none. */
export const mediaTypeOf = (headers: HeaderList): string =>
  (headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();

/** JSON by its media type (RFC 8259 §11, RFC 6839 §3.1), in lower case. */
export const isJson = (mediaType: string): boolean => /^application\/(?:[\w.!#$&^-]+\+)?json$/.test(mediaType);
