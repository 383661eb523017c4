import type { Exchange } from "../../exchange/exchange.ts";
import { epochSeconds, hexDigest, malformed, oneField, type ReadSignature, type SignatureLayout } from "./layout.ts";

/** `X-Slack-Signature: v0=<hex>` over `v0:<X-Slack-Request-Timestamp>:<body>`. */
export const createSlackLayout = (_config: object): SignatureLayout => new SlackLayout();

const field = "x-slack-signature";
const timestamp = "x-slack-request-timestamp";

class SlackLayout implements SignatureLayout {
  declare readonly __made: true;
  readonly fields = [field];

  keyOf(secret: string): string {
    return secret;
  }

  read(x: Exchange): ReadSignature {
    const value = oneField(x, field);
    if (value === undefined) return "absent";
    const digest = value?.startsWith("v0=") ? hexDigest(value.slice("v0=".length)) : undefined;
    if (digest === undefined) return malformed("X-Slack-Signature is not `v0=` and 64 hexadecimal digits.");
    const sent = oneField(x, timestamp);
    const at = epochSeconds(sent);
    if (at === undefined) return malformed("X-Slack-Request-Timestamp is not a number of seconds.");
    return { signatures: [digest], at, signed: (body) => [`v0:${sent}:`, body] };
  }
}
