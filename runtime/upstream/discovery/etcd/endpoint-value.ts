import { fieldIn } from "../field-in.ts";
import { listedIn } from "../list.ts";
import type { Listed } from "../member.ts";

/** `Op` of an entry of gRPC's naming that says that an endpoint is gone. */
const deleted = 1;

/**
 * What the value of a key stands for: an entry as lists have it, a form of gRPC's naming (`clientv3/naming`:
 * `{"Op":0,"Addr":"10.0.0.7:8080","Metadata":{"weight":3}}`), or an address as it is. What is none of them is an entry that is
 * of no use.
 */
export function endpointsIn(text: string): readonly Listed[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ address: text.trim() }];
  }
  const address = fieldIn(value, "Addr");
  if (address !== undefined) {
    if (fieldIn(value, "Op") === deleted) return [];
    const metadata = fieldIn(value, "Metadata");
    const [weight, priority, zone] = ["weight", "priority", "zone"].map((name) => fieldIn(metadata, name));
    return [{ address, weight, priority, zone, metadata: metadata ?? undefined }];
  }
  try {
    return listedIn([value]);
  } catch {
    return [{ address: text }];
  }
}
