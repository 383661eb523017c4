import type { IpFilterConfig } from "../../../runtime/policies/ip-filter/index.ts";
import type { LiveIpFilterConfig } from "../../../runtime/policies/ip-filter/live.ts";
import type { IpFilterAddresses, IpFilterOptions } from "../../../schema/policies.gen.ts";
import type { MakeIr } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { type Block, covers, familyCovered, parseBlock } from "../../text/cidr.ts";
import { checkLists, describeList, isList, lowerList } from "./lists.ts";
import { alwaysDenied, covered, empty, hostBits } from "./messages.gen.ts";

export const ipFilter = definePolicy<IpFilterOptions>({
  name: "ipFilter",
  stages: ["admit"],
  onFailure: "closed",
  unmatched: true,
  canRefuse: true,
  decidesAccess: true,

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
    checkLists("allow", options.allow, context);
    checkLists("deny", options.deny, context);
  },

  weakness({ allow, deny }) {
    if (deny !== undefined || allow === undefined) return undefined;
    const blocks = blocksIn(allow).flatMap((written) => parseBlock(written) ?? []);
    const all = familyCovered(blocks);
    return all === undefined ? undefined : `it allows every IPv${all} address`;
  },

  lower(options, context) {
    const { allow, deny = [] } = options;
    const parts = [allow === undefined ? "" : `allow ${described(allow)}`, deny.length === 0 ? "" : `deny ${described(deny)}`];
    const summary = parts.filter((part) => part !== "").join("; ");
    const blocks = { allow: allow === undefined ? null : blocksIn(allow), deny: blocksIn(deny) };
    const lists = (name: "allow" | "deny", entries: readonly IpFilterAddresses[]): MakeIr[] =>
      entries.flatMap((entry, index) => (isList(entry) ? [lowerList(entry, `/${name}/${index}`, context)] : []));
    const [allowLists, denyLists] = [lists("allow", allow ?? []), lists("deny", deny)];
    if (allowLists.length + denyLists.length === 0)
      return call<IpFilterConfig>("policies/ip-filter", "createIpFilter", blocks, {
        hooks: ["request"],
        mayAnswer: true,
        summary,
      });
    const at = formatOrigin(context.origin);
    return call<LiveIpFilterConfig>(
      "policies/ip-filter/live",
      "createLiveIpFilter",
      { ...blocks, at, allowLists, denyLists },
      { hooks: ["request"], mayAnswer: true, roles: ["living"], summary },
    );
  },
});

const blocksIn = (entries: readonly IpFilterAddresses[]): string[] => entries.filter((entry) => typeof entry === "string");

const described = (entries: readonly IpFilterAddresses[]): string =>
  entries.map((entry) => (isList(entry) ? describeList(entry) : entry)).join(", ");

interface Written {
  readonly block: Block;
  readonly written: string;
  readonly pointer: string;
}

/** The blocks of one list; reports those that say less, or more, than it seems. */
function parsed(list: "allow" | "deny", entries: readonly IpFilterAddresses[] | undefined, context: PolicyContext): Written[] {
  const found: Written[] = [];
  for (const [index, written] of (entries ?? []).entries()) {
    // What is in a list is not known yet.
    if (isList(written)) continue;
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
