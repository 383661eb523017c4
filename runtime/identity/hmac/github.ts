import type { Exchange } from "../../exchange/exchange.ts";
import { hexDigest, malformed, oneField, type ReadSignature, type SignatureLayout } from "./layout.ts";

/** `X-Hub-Signature-256: sha256=<hex>` over the body. The older field with SHA-1 vouches for nothing. */
export const createGithubLayout = (_config: object): SignatureLayout => new GithubLayout();

const field = "x-hub-signature-256";
const older = "x-hub-signature";

class GithubLayout implements SignatureLayout {
  declare readonly __made: true;
  readonly fields = [field, older];

  keyOf(secret: string): string {
    return secret;
  }

  read(x: Exchange): ReadSignature {
    const value = oneField(x, field);
    if (value === undefined)
      return x.headers.has(older) ? malformed("Only a signature with SHA-1 was sent, and SHA-256 is demanded.") : "absent";
    const digest = value?.startsWith("sha256=") ? hexDigest(value.slice("sha256=".length)) : undefined;
    if (digest === undefined) return malformed("X-Hub-Signature-256 is not `sha256=` and 64 hexadecimal digits.");
    return { signatures: [digest], signed: (body) => [body] };
  }
}
