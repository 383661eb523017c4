import type { ListenerConfig } from "../../../../runtime/gateway/listener.ts";
import type { PublicListener } from "../../../../schema/resources.gen.ts";
import type { ListenerIr } from "../../../ir/listener.ts";
import type { ListenerContext } from "../../../resource/contract.ts";
import { certificatesFromAnybody, nothingToKeep, otherFamily } from "../../../resource/listener/messages.gen.ts";
import { familyCovered, parseBlock } from "../../../text/cidr.ts";
import { claimOf } from "../../../text/claimed-fields.ts";
import { foldedField } from "../../../text/identity-fields.ts";

type Trust = Pick<PublicListener, "trustedProxies">;

/** Who is believed about clients, and in which fields. */
export function trustOf({
  trustedProxies = [],
}: Trust): { readonly from: readonly string[] } & Pick<ListenerConfig, "forwardedBy" | "writtenFields"> {
  if (isList(trustedProxies)) return { from: trustedProxies };
  const { from, forwardedBy, writes } = trustedProxies;
  return {
    from,
    ...(forwardedBy === "forwarded" ? { forwardedBy } : {}),
    ...(writes === undefined ? {} : { writtenFields: writes.map((name) => name.toLowerCase()) }),
  };
}

export function checkTrust({ trustedProxies = [] }: PublicListener, context: ListenerContext): void {
  if (isList(trustedProxies)) return;
  const { from, forwardedBy, writes, keep = [], clientCertificates } = trustedProxies;
  for (const [index, name] of keep.entries())
    if (claimOf(name) === undefined && !context.identityFields.includes(foldedField(name)))
      context.report(nothingToKeep(context.at(`/trustedProxies/keep/${index}`), { name }));
  const everybody = clientCertificates === undefined ? undefined : everybodyIn(from);
  if (everybody !== undefined)
    context.report(certificatesFromAnybody(context.key("/trustedProxies/clientCertificates"), { family: `IPv${everybody}` }));
  if (writes !== undefined && forwardedBy === "forwarded") context.report(otherFamily(context.key("/trustedProxies/writes"), {}));
}

/** Claims that the proxies alone write, in lower case; undefined: none. */
export function keptFields({ trustedProxies = [] }: Trust): readonly string[] | undefined {
  const keep = isList(trustedProxies) ? [] : (trustedProxies.keep ?? []);
  return keep.length === 0 ? undefined : keep.map((name) => name.toLowerCase());
}

/** Names of the formats' own, in lower case. For nginx, that of its ingress controller. */
const fieldOf = {
  clientCert: "client-cert",
  xfcc: "x-forwarded-client-cert",
  nginx: "ssl-client-cert",
  alb: "x-amzn-mtls-clientcert-leaf",
} as const;

/** How the proxies tell of certificates of clients. */
export function forwardedCertificatesOf({ trustedProxies = [] }: Trust): ListenerIr["forwardedCertificates"] {
  if (isList(trustedProxies) || trustedProxies.clientCertificates === undefined) return undefined;
  const { format, field } = trustedProxies.clientCertificates;
  return { format, field: (field ?? fieldOf[format]).toLowerCase() };
}

/** Of addresses that clients choose themselves, neither rules nor limits come to anything. */
export function remarksOn(peers: readonly string[]): readonly string[] {
  const family = everybodyIn(peers);
  if (family === undefined) return [];
  return [`\`trustedProxies\` believes every IPv${family} client about its address, which \`ipFilter\` and limits go by`];
}

/** Of peers those that have an address. */
export const blocksOf = (peers: readonly string[]): readonly string[] => peers.filter((peer) => peer !== "unix");

/** A family of addresses of which every client is among the peers. */
const everybodyIn = (peers: readonly string[]): 4 | 6 | undefined =>
  familyCovered(peers.flatMap((peer) => parseBlock(peer) ?? []));

const isList = <Other>(trusted: readonly string[] | Other): trusted is readonly string[] => Array.isArray(trusted);
