// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
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

/**
 * IPv4 addresses as they are, IPv6 addresses by their /64 (the first four groups): that is what one subscriber gets at
 * least (RFC 6177 §2), and whoever has one can use another of its 2^64 addresses for every request.
 */
export function network(ip: string): string {
  if (!ip.includes(":")) return ip;
  const gap = ip.indexOf("::");
  const head = gap < 0 ? ip : ip.slice(0, gap);
  const groups = head === "" ? [] : head.split(":");
  if (gap >= 0) {
    const tail = ip.slice(gap + 2);
    const behind = tail === "" ? [] : tail.split(":");
    // An IPv4 tail stands for two groups.
    const width = groups.length + behind.length + (behind.at(-1)?.includes(".") ? 1 : 0);
    for (let missing = 8 - width; missing > 0; missing--) groups.push("0");
    groups.push(...behind);
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}
