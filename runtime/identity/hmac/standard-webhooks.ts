import type { Exchange } from "../../exchange/exchange.ts";
import {
  base64Digest,
  epochSeconds,
  malformed,
  mostSignatures,
  oneField,
  type ReadSignature,
  type SignatureLayout,
} from "./layout.ts";

/**
 * Standard Webhooks: `webhook-signature: v1,<base64> v1,<base64>` over `<webhook-id>.<webhook-timestamp>.<body>`. `v1a` is a
 * signature with a public key, which says nothing of the secret.
 */
export const createStandardWebhooksLayout = (_config: object): SignatureLayout => new StandardWebhooksLayout();

const field = "webhook-signature";
const prefix = "whsec_";

class StandardWebhooksLayout implements SignatureLayout {
  declare readonly __made: true;
  readonly fields = [field];

  keyOf(secret: string): Uint8Array {
    const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret;
    const bytes = Buffer.from(text, "base64");
    if (withoutPadding(bytes.toString("base64")) !== withoutPadding(text))
      throw new Error("is not `whsec_` and base64, as Standard Webhooks has it");
    if (bytes.length < 16) throw new Error("holds fewer than 16 bytes");
    return bytes;
  }

  read(x: Exchange): ReadSignature {
    const value = oneField(x, field);
    if (value === undefined) return "absent";
    const id = oneField(x, "webhook-id");
    const sent = oneField(x, "webhook-timestamp");
    const at = epochSeconds(sent);
    if (value === null || typeof id !== "string") return malformed("webhook-signature and webhook-id must each come once.");
    // The dot separates what is signed: with one in the id, two messages could be signed alike.
    if (id.includes(".")) return malformed("webhook-id holds a dot.");
    if (at === undefined) return malformed("webhook-timestamp is not a number of seconds.");
    const signatures = value
      .split(" ")
      .filter((part) => part.startsWith("v1,"))
      .slice(0, mostSignatures)
      .flatMap((part) => base64Digest(part.slice(3)) ?? []);
    if (signatures.length === 0) return malformed("webhook-signature has no `v1,` with the base64 text of 32 bytes.");
    return { signatures, at, delivery: id, signed: (body) => [`${id}.${sent}.`, body] };
  }
}

/** Not by an expression: one for what is at the end is tried at each place. */
function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x3d) end--;
  return text.slice(0, end);
}
