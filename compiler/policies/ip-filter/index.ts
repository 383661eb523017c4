import type { IpFilterConfig } from "../../../runtime/policies/ip-filter/index.ts";
import type { IpFilterOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { type Block, coverEverything, covers, parseBlock } from "../../text/cidr.ts";
import { alwaysDenied, covered, empty, hostBits } from "./messages.gen.ts";

export const ipFilter = definePolicy<IpFilterOptions>({
  name: "ipFilter",
  stages: ["admit"],
  onFailure: "closed",
  unmatched: true,
  canRefuse: true,

  check(options, context) {
    if (options.allow === undefined && options.deny === undefined) context.report(empty(context.origin));
    const allowed = parsed("allow", options.allow, context);
    const denied = parsed("deny", options.deny, context);
    for (const { block, written, pointer } of allowed) {
      const by = denied.find((other) => covers(other.block, block));
      if (by === undefined) continue;
      const related = [{ origin: context.at(by.pointer), text: "refuses all of it" }];
      context.report(alwaysDenied(context.at(pointer), { block: written, by: by.written }, { related }));
    }
  },

  weakness({ allow, deny }) {
    if (deny !== undefined || allow === undefined) return undefined;
    const blocks = allow.flatMap((written) => parseBlock(written) ?? []);
    // A client that has addresses of both families takes the one that is let in.
    const all = ([4, 6] as const).find((family) => coverEverything(blocks.filter((block) => block.family === family)));
    return all === undefined ? undefined : `it allows every IPv${all} address`;
  },

  lower(options) {
    const { allow, deny = [] } = options;
    const parts = [allow === undefined ? "" : `allow ${allow.join(", ")}`, deny.length === 0 ? "" : `deny ${deny.join(", ")}`];
    return call<IpFilterConfig>(
      "policies/ip-filter",
      "createIpFilter",
      { allow: allow ?? null, deny },
      { hooks: ["request"], mayAnswer: true, summary: parts.filter((part) => part !== "").join("; ") },
    );
  },
});

interface Written {
  readonly block: Block;
  readonly written: string;
  readonly pointer: string;
}

/** The blocks of one list; reports those that say less, or more, than it seems. */
function parsed(list: "allow" | "deny", texts: readonly string[] | undefined, context: PolicyContext): Written[] {
  const found: Written[] = [];
  for (const [index, written] of (texts ?? []).entries()) {
    const block = parseBlock(written);
    // The schema's format has reported it.
    if (block === undefined) continue;
    const pointer = `/${list}/${index}`;
    if (block.hasHostBits)
      context.report(hostBits(context.at(pointer), { block: written, network: block.network, address: block.address }));
    else found.push({ block, written, pointer });
  }
  for (const [index, one] of found.entries()) {
    const by = found.find(
      (other, at) => at !== index && covers(other.block, one.block) && (!covers(one.block, other.block) || at < index),
    );
    if (by === undefined) continue;
    const related = [{ origin: context.at(by.pointer), text: "holds it already" }];
    context.report(covered(context.at(one.pointer), { block: one.written, by: by.written }, { related }));
  }
  return found;
}
