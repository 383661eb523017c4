import type { Client } from "../../calls/client.ts";
import { RemoteDocument } from "../../calls/document.ts";
import { CallFailure } from "../../calls/failure.ts";
import { parsedKeySet } from "./key-set-text.ts";

/**
 * Reads from the metadata of an issuer where its keys are (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). The first URL
 * that has a document counts. Rejects where there is none, or where it cannot be believed.
 *
 * @param issuer what the document has to say of itself (§4.3; RFC 8414 §3.3)
 */
export async function keySetUrl(client: Client, urls: readonly string[], issuer: string, signal: AbortSignal): Promise<string> {
  const text = await firstOf(client, urls, signal);
  const metadata = parsedKeySet(text);
  const { issuer: named, jwks_uri: uri } = (typeof metadata === "object" && metadata !== null ? metadata : {}) as {
    readonly issuer?: unknown;
    readonly jwks_uri?: unknown;
  };
  if (named !== issuer)
    throw new Error("the metadata is of another issuer than the one that is configured. Write `issuer` exactly as it has it");
  if (typeof uri !== "string" || !URL.canParse(uri)) throw new Error("the metadata does not say where the keys are (`jwks_uri`)");
  // What is fetched over TLS must not lead out of it.
  const isPlain = new URL(uri).protocol !== "https:";
  if (isPlain && urls.every((url) => url.startsWith("https:")))
    throw new Error("the metadata leads to keys that are not protected by TLS: `jwks_uri` is not an `https` URL");
  return uri;
}

async function firstOf(client: Client, urls: readonly string[], signal: AbortSignal): Promise<string> {
  let failure: unknown;
  for (const url of urls) {
    try {
      const found = await new RemoteDocument(client, url).fetch(signal);
      return found!.body.toString();
    } catch (error) {
      // Only an answer says that the document may be elsewhere.
      if (!(error instanceof CallFailure) || error.kind !== "status") throw error;
      failure ??= error;
    }
  }
  throw failure;
}
