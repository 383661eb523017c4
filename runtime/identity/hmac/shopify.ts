import type { Exchange } from "../../exchange/exchange.ts";
import { base64Digest, malformed, oneField, type ReadSignature, type SignatureLayout } from "./layout.ts";

/** `X-Shopify-Hmac-SHA256: <base64>` over the body. */
export const createShopifyLayout = (_config: object): SignatureLayout => new ShopifyLayout();

const field = "x-shopify-hmac-sha256";

class ShopifyLayout implements SignatureLayout {
  declare readonly __made: true;
  readonly fields = [field];

  keyOf(secret: string): string {
    return secret;
  }

  read(x: Exchange): ReadSignature {
    const value = oneField(x, field);
    if (value === undefined) return "absent";
    const digest = value === null ? undefined : base64Digest(value);
    if (digest === undefined) return malformed("X-Shopify-Hmac-SHA256 is not the base64 text of 32 bytes.");
    return { signatures: [digest], signed: (body) => [body] };
  }
}
