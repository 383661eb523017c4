import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseRate } from "../../text/formats.ts";
import { isTimeZone } from "../../text/local-time.ts";
import { own } from "../../text/own.ts";
import { partsOf, pointerOf } from "./caller.ts";
import { fixedCost } from "./cost.ts";
import { mostOf } from "./limit.ts";
import {
  burstWithoutBucket,
  calendarWithoutWindow,
  costOverLimit,
  nameMissing,
  tiersWithoutTier,
  tierWithoutTiers,
  unknownTimeZone,
  unsuitableHeader,
} from "./messages.gen.ts";

export function check(options: RateLimitOptions, context: PolicyContext): void {
  const { algorithm, burst, by, per, name, tier, tiers } = options;
  if (burst !== undefined && algorithm !== "tokenBucket" && algorithm !== "gcra")
    context.report(burstWithoutBucket(context.at("/burst"), { algorithm }));
  for (const [index, part] of partsOf(by).entries()) {
    if (typeof part === "string" || !("header" in part)) continue;
    const unsuitable = own(unsuitableHeaders, part.header.toLowerCase());
    if (unsuitable !== undefined)
      context.report(unsuitableHeader(context.at(`${pointerOf(by, index)}/header`), { header: part.header, ...unsuitable }));
  }
  if (per === "name" && name === undefined) context.report(nameMissing(context.at("/per")));
  if (tiers !== undefined && tier === undefined) context.report(tiersWithoutTier(context.at("/tiers")));
  if (tier !== undefined && tiers === undefined) context.report(tierWithoutTiers(context.at("/tier")));
  checkCalendar(options, context);
  for (const { pointer, text } of limitsOf(options)) {
    const most = mostOf(parseRate(text), options);
    const cost = fixedCost(options.cost);
    if (cost !== undefined && cost > most)
      context.report(costOverLimit(context.at(pointer), { cost: String(cost), limit: text, most: String(most) }));
  }
}

/** All that may be the limit of a request, and where they stand. */
export const limitsOf = ({ limit, tiers }: RateLimitOptions): readonly { readonly pointer: string; readonly text: string }[] => [
  { pointer: "/limit", text: limit },
  ...Object.entries(tiers ?? {}).map(([name, text]) => ({
    pointer: `/tiers/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    text,
  })),
];

function checkCalendar(options: RateLimitOptions, context: PolicyContext): void {
  const { timeZone, algorithm } = options;
  for (const { pointer, text } of limitsOf(options)) {
    const { calendar } = parseRate(text);
    const wants = calendar === "month" || timeZone !== undefined;
    if (wants && (algorithm !== "fixedWindow" || calendar === undefined))
      context.report(
        calendarWithoutWindow(context.at(timeZone === undefined ? pointer : "/timeZone"), {
          what: timeZone === undefined ? `\`${text}\`` : `\`timeZone\` with \`${text}\``,
        }),
      );
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) context.report(unknownTimeZone(context.at("/timeZone"), { timeZone }));
}

/** Fields that callers must not be told apart by, with the reason and the remedy. */
const secret = {
  problem: "It carries a secret that was not looked at yet: whoever makes up a new one gets a new counter.",
  remedy: "Limit by `identity.subject`, or by `peer.ip`.",
};
const forwarding = {
  problem: "Any client can write it, so that whoever makes up a new address gets a new counter.",
  remedy:
    "Limit by `peer.ip`, and list your own proxies as `trustedProxies` of the listener: then it is the address they report.",
};
const unsuitableHeaders: { readonly [name: string]: { readonly problem: string; readonly remedy: string } | undefined } = {
  authorization: secret,
  cookie: secret,
  "proxy-authorization": secret,
  forwarded: forwarding,
  "x-forwarded-for": forwarding,
  "x-real-ip": forwarding,
};
