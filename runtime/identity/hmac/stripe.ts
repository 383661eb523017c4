import type { Exchange } from "../../exchange/exchange.ts";
import {
  epochSeconds,
  hexDigest,
  malformed,
  mostSignatures,
  oneField,
  type ReadSignature,
  type SignatureLayout,
} from "./layout.ts";

/** `Stripe-Signature: t=<seconds>,v1=<hex>,v1=<hex>` over `<t>.<body>`; other schemes than `v1` do not count. */
export const createStripeLayout = (_config: object): SignatureLayout => new StripeLayout();

const field = "stripe-signature";

class StripeLayout implements SignatureLayout {
  declare readonly __made: true;
  readonly fields = [field];

  keyOf(secret: string): string {
    return secret;
  }

  read(x: Exchange): ReadSignature {
    const value = oneField(x, field);
    if (value === undefined) return "absent";
    if (value === null) return malformed("Stripe-Signature is empty, too long or came twice.");
    const pairs = value.split(",").map((pair) => pair.trim());
    const times = pairs.filter((pair) => pair.startsWith("t="));
    const sent = times.length === 1 ? times[0]!.slice(2) : undefined;
    const at = epochSeconds(sent);
    if (at === undefined) return malformed("Stripe-Signature has no single `t=` with a number of seconds.");
    const signatures = pairs
      .filter((pair) => pair.startsWith("v1="))
      .slice(0, mostSignatures)
      .flatMap((pair) => hexDigest(pair.slice(3)) ?? []);
    if (signatures.length === 0) return malformed("Stripe-Signature has no `v1=` with 64 hexadecimal digits.");
    return { signatures, at, signed: (body) => [`${sent}.`, body] };
  }
}
