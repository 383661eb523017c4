import type { Exchange } from "../../exchange/exchange.ts";
import type { JsonObject } from "../jose/json-object.ts";
import { isJsonObject } from "../jose/json-object.ts";

/** What has to be shown with a token that is bound to somebody (RFC 7800). */
export type Binding = { readonly certificate: string } | { readonly key: string } | "unknown";

/** Undefined where whoever has the token may use it. */
export function bindingOf(claims: JsonObject): Binding | undefined {
  const { cnf } = claims;
  if (cnf === undefined) return undefined;
  if (!isJsonObject(cnf)) return "unknown";
  const members = Object.keys(cnf);
  const { jkt, "x5t#S256": certificate } = cnf;
  // Of two confirmations, one alone would be less than the issuer wanted.
  if (members.length !== 1) return "unknown";
  if (typeof certificate === "string") return { certificate };
  return typeof jkt === "string" ? { key: jkt } : "unknown";
}

/** Why a bound token does not count in this request, as a sentence; undefined where it does. */
export function bindingFlaw(binding: Binding, { peer }: Exchange): string | undefined {
  if (binding === "unknown") return "The token is bound in a way that is not supported here.";
  if ("key" in binding) return "The token is bound to a key, and comes without a proof of it.";
  return peer.certificate?.thumbprint === binding.certificate
    ? undefined
    : "The token is bound to a certificate, and comes without it.";
}
