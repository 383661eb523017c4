import { childrenOf, contentOf, DerError, type Element, tags, wholeOf } from "./der.ts";
import { booleanOf, oidText } from "./values.ts";

export interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** By type. RFC 5280 §4.2: none comes twice; which one would count, readers do not agree on. */
export function extensionsOf(sequence: Element): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  for (const list = childrenOf(sequence, tags.sequence); !list.isOver; ) {
    const parts = childrenOf(list.next(), tags.sequence);
    const oid = oidText(parts.next());
    const critical = parts.optional(tags.boolean);
    const value = contentOf(parts.next(tags.octetString));
    parts.finish();
    if (found.has(oid)) throw new DerError("an extension comes twice");
    found.set(oid, { isCritical: critical !== undefined && booleanOf(critical), value });
  }
  return found;
}

/** RFC 5280 §4.2.1.3. Undefined: the certificate does not restrict its key. */
export function keyUsageOf(extensions: ReadonlyMap<string, Extension>): ReadonlySet<number> | undefined {
  const extension = extensions.get("2.5.29.15");
  if (extension === undefined) return undefined;
  const bits = wholeOf(extension.value);
  const [unused = 8, ...octets] = contentOf(bits);
  if (bits.tag !== tags.bitString || unused > 7 || octets.length === 0) throw new DerError("a key usage cannot be read");
  const set = new Set<number>();
  for (const [index, octet] of octets.entries())
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) set.add(index * 8 + bit);
  return set;
}

/** RFC 5280 §4.2.1.9. */
export function isAuthority(extensions: ReadonlyMap<string, Extension>): boolean {
  const extension = extensions.get("2.5.29.19");
  if (extension === undefined) return false;
  const flag = childrenOf(wholeOf(extension.value), tags.sequence).optional(tags.boolean);
  return flag !== undefined && booleanOf(flag);
}
