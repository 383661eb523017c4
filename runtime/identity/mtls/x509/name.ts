import { childrenOf, DerError, type Element, encodingOf, tags } from "./der.ts";
import { oidText, textOf } from "./values.ts";

/** A distinguished name (RFC 5280 §4.1.2.4). */
export interface Name {
  /** Its DER in base64, which tells it from others. */
  readonly key: string;
  /** As RFC 4514 writes it: `CN=orders,O=Example`. */
  readonly text: string;
  /** Values by short name (`CN`), in the order of the certificate; those that are no text are left out. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/** RFC 4514 §3, and two more that OpenSSL writes by name. */
const shortNameOf = (oid: string): string | undefined => {
  switch (oid) {
    case "2.5.4.3":
      return "CN";
    case "2.5.4.5":
      return "serialNumber";
    case "2.5.4.6":
      return "C";
    case "2.5.4.7":
      return "L";
    case "2.5.4.8":
      return "ST";
    case "2.5.4.9":
      return "STREET";
    case "2.5.4.10":
      return "O";
    case "2.5.4.11":
      return "OU";
    case "0.9.2342.19200300.100.1.1":
      return "UID";
    case "0.9.2342.19200300.100.1.25":
      return "DC";
    case "1.2.840.113549.1.9.1":
      return "emailAddress";
    default:
      return undefined;
  }
};

export function nameOf(element: Element): Name {
  const attributes = new Map<string, string[]>();
  const written: string[] = [];
  for (const sets = childrenOf(element, tags.sequence); !sets.isOver; ) {
    const together: string[] = [];
    const set = childrenOf(sets.next(), tags.set);
    if (set.isOver) throw new DerError("a name has an empty part");
    while (!set.isOver) {
      const pair = childrenOf(set.next(), tags.sequence);
      const oid = oidText(pair.next());
      const value = pair.next();
      pair.finish();
      const text = textOf(value);
      const type = shortNameOf(oid);
      together.push(
        type === undefined || text === undefined
          ? `${oid}=#${Buffer.from(encodingOf(value)).toString("hex")}`
          : `${type}=${escaped(text)}`,
      );
      if (type === undefined || text === undefined) continue;
      const known = attributes.get(type);
      if (known === undefined) attributes.set(type, [text]);
      else known.push(text);
    }
    written.push(together.join("+"));
  }
  return { key: Buffer.from(encodingOf(element)).toString("base64"), text: written.reverse().join(","), attributes };
}

/** RFC 4514 §2.4. */
const escaped = (value: string): string => value.replaceAll(/^[ #]|[\\"+,;<>=]| $/g, "\\$&");
