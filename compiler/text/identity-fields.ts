import { claimOf } from "./claimed-fields.ts";
import { forbiddenField } from "./field.ts";
import { isNeverTrailer } from "./trailer-names.ts";

/** As all services read it, also those that know fields as variables: lower case, and `-` for what is neither letter nor digit. */
export const foldedField = (name: string): string => name.toLowerCase().replaceAll(/[^\da-z]/g, "-");

/** Why the field cannot tell a service who calls; undefined where it can. */
export function unfitForIdentity(name: string): string | undefined {
  const folded = foldedField(name);
  if (/[^\dA-Za-z-]/.test(name))
    return "Services that know fields as variables cannot tell it from other spellings; use letters, digits and `-`.";
  if (name.length < 4) return "Names this short are easily those of something else; use four characters or more.";
  const forbidden = forbiddenField(name);
  if (forbidden !== undefined) return forbidden;
  // `X-Forwarded-User` and its like are for this; what speaks of the way of a request, the gateway writes itself.
  if (folded.startsWith("x-forwarded-") && claimOf(name) !== undefined) return undefined;
  return isNeverTrailer(folded)
    ? "It has a meaning of its own: what clients send in it would not reach any service of the gateway any more."
    : undefined;
}
