import { entriesIn, longestEntry } from "../entry-text.ts";
import { fieldIn } from "../field-in.ts";
import type { Listed } from "../member.ts";

/** `Op` of an entry of gRPC's naming that says that an endpoint is gone. */
const deleted = 1;

/**
 * What the value of a key stands for: an entry, or a form of gRPC's naming (`clientv3/naming`:
 * `{"Op":0,"Addr":"10.0.0.7:8080","Metadata":{"weight":3}}`).
 */
export function endpointsIn(text: string): readonly Listed[] {
  const named = ofNaming(text);
  const address = fieldIn(named, "Addr");
  if (address === undefined) return entriesIn(text);
  if (fieldIn(named, "Op") === deleted) return [];
  const metadata = fieldIn(named, "Metadata") ?? undefined;
  const [weight, priority, zone] = ["weight", "priority", "zone"].map((name) => fieldIn(metadata, name));
  return [{ address, weight, priority, zone, metadata }];
}

function ofNaming(text: string): unknown {
  if (text.length > longestEntry || !text.includes('"Addr"')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
