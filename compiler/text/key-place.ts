import { forbiddenField } from "./field.ts";

/** Where an API key travels (OpenAPI Security Scheme Object, `in`). */
export type KeyPlace = "header" | "query" | "cookie";

const places: readonly string[] = ["header", "query", "cookie"] satisfies KeyPlace[];
const isPlace = (value: unknown): value is KeyPlace => typeof value === "string" && places.includes(value);

export interface KeyLocation {
  readonly in: KeyPlace | undefined;
  readonly name: string | undefined;
}

/** What a Security Scheme Object of `type: apiKey` says of the place. */
export function declaredLocation(declared: { readonly [key: string]: unknown } | undefined): KeyLocation {
  return {
    in: isPlace(declared?.in) ? declared.in : undefined,
    name: typeof declared?.name === "string" && declared.name !== "" ? declared.name : undefined,
  };
}

/** Why a key cannot come in this place, as a sentence. */
export function unusableKeyName(place: KeyPlace, name: string): string | undefined {
  if (place === "query") return undefined;
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
    return "It is no token: only letters, digits and !#$%&'*+-.^_`|~ may be in it (RFC 9110 §5.6.2).";
  if (place === "cookie") return undefined;
  const lower = name.toLowerCase();
  if (lower === "cookie") return "For a cookie, declare `in: cookie` and the name of the cookie.";
  if (lower === "host") return "It says which site is asked for.";
  return forbiddenField(name);
}

/** The `WWW-Authenticate` challenge of a scheme whose credential is a key. */
export const keyChallenge = (scheme: string, place: KeyPlace, name: string): string =>
  `ApiKey realm=${quotedString(scheme)}, in=${quotedString(place)}, name=${quotedString(name)}`;

/** Quoted string (RFC 9110 §5.6.4); what a field cannot hold is percent-encoded. */
export function quotedString(text: string): string {
  const visible = text.replaceAll(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character));
  return `"${visible.replaceAll(/["\\]/g, "\\$&")}"`;
}
