// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { network } from "../../addresses/network.ts";
import type { Exchange, Expression, Identity } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";

/** Who is counted: one thing, or several together. */
export type CallerConfig = CallerPart | readonly CallerPart[];

export type CallerPart =
  | { readonly by: "peer.ip" | "identity.subject" | "operation" }
  /** `name` in lower case. */
  | { readonly by: "header"; readonly name: string }
  | { readonly by: "expression"; readonly value: Expression<string> };

/** The key of the caller. Long keys are hashed, so that clients cannot fill the memory with them. */
export function callerOf(x: Exchange, config: CallerConfig): string {
  if (!("by" in config)) return bounded(JSON.stringify(config.map((part) => partOf(x, part))));
  return partOf(x, config);
}

function partOf(x: Exchange, config: CallerPart): string {
  switch (config.by) {
    case "peer.ip":
      return network(x.peer.ip);
    case "identity.subject":
      return x.identity === undefined ? "" : bounded(nameOf(x.identity));
    case "operation":
      return x.operation.id;
    case "header":
      return bounded(x.headers.get(config.name) ?? "");
    case "expression":
      return bounded(valueOf(config.value, x) ?? "");
  }
}

/** Two schemes, and two issuers, may know different people by one name. */
const nameOf = ({ scheme, issuer, subject }: Identity): string =>
  issuer === undefined ? `${scheme} ${subject}` : `${scheme} ${issuer} ${subject}`;

const longestKey = 128;

const bounded = (key: string): string => (key.length <= longestKey ? key : crypto.hash("sha256", key, "base64"));
