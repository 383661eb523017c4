import type { JwtConfig } from "../../../../runtime/identity/jwt/scheme.ts";
import type { JwtOptions } from "../../../../schema/resources.gen.ts";

/** As it is written. */
export function placeOf({ from }: JwtOptions): JwtConfig["from"] {
  if (from === undefined) return { in: "authorization" };
  if ("header" in from) return { in: "header", parameter: from.header };
  return "cookie" in from ? { in: "cookie", parameter: from.cookie } : { in: "query", parameter: from.query };
}

export function lowerPlace(options: JwtOptions): JwtConfig["from"] {
  const place = placeOf(options);
  return place.in === "header" ? { in: "header", parameter: place.parameter.toLowerCase() } : place;
}

export const forwards = (options: JwtOptions): boolean =>
  options.forward === undefined ? placeOf(options).in !== "query" : options.forward === "credential";
