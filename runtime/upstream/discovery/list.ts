import type { Listed } from "./member.ts";

/**
 * The endpoints of a document: a list of addresses and of objects with one (`address` or `url`), or that of Prometheus'
 * `file_sd` and `http_sd`, a list of groups with `targets` and `labels`. Both may be mixed. Throws where it is none.
 */
export function listedIn(value: unknown): Listed[] {
  if (!Array.isArray(value)) throw new Error("it is no list: `[10.0.0.7:8080, { address: 10.0.0.8:8080, weight: 2 }]` is one");
  return value.flatMap((one: unknown, index): Listed | Listed[] => {
    if (typeof one === "string") return { address: one };
    if (typeof one !== "object" || one === null || Array.isArray(one))
      throw new Error(`entry ${index + 1} is neither an address nor an object`);
    // An object, whose members are looked at one by one.
    const entry = one as Readonly<Record<string, unknown>>;
    if (Object.hasOwn(entry, "targets")) return ofGroup(entry, index);
    const { address = entry.url, id, weight, priority, zone, metadata } = entry;
    if (address === undefined) throw new Error(`entry ${index + 1} has neither \`address\` nor \`targets\``);
    return { address, id, weight, priority, zone, metadata };
  });
}

/** Labels hold for each of the targets; those that say something of an endpoint are called as in our own form. */
function ofGroup({ targets, labels = {} }: Readonly<Record<string, unknown>>, index: number): Listed[] {
  if (!Array.isArray(targets)) throw new Error(`the \`targets\` of entry ${index + 1} are no list`);
  if (typeof labels !== "object" || labels === null) throw new Error(`the \`labels\` of entry ${index + 1} are no object`);
  // An object, as above.
  const { weight, priority, zone } = labels as Readonly<Record<string, unknown>>;
  return targets.map((address: unknown) => ({ address, weight, priority, zone, metadata: labels }));
}
