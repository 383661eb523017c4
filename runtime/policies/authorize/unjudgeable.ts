import { notJson } from "../../body/json-type.ts";
import type { Answer } from "../../exchange/exchange.ts";

/** Why the body of an answer says nothing about what the answer shows, as its head tells already; undefined where it may. */
export function unjudgeable({ status, headers }: Answer): string | undefined {
  // RFC 9110 §6.4.1.
  if (status === 101 || status === 204 || status === 304) return `An answer with status ${status} has no body.`;
  // RFC 9110 §15.3.7, RFC 3229 §10.4.1: what is shown is only a part of what would have to be judged.
  if (status === 206 || status === 226) return `An answer with status ${status} is only a part of what it is about.`;
  return notJson(headers);
}
