import type { Client } from "../../calls/client.ts";
import type { ExchangeTrace, StartValue } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import { jsonObject } from "../jose/json-object.ts";
import type { StartUrl } from "../start-url.ts";

export type EndpointConfig =
  | { readonly url: StartUrl | string }
  | { readonly metadata: StartUrl | string; readonly issuer: StartValue | string };

/** Milliseconds for which what the metadata says is believed. */
const believed = 3_600_000;

/** Where tokens are sent to: as written, or as the issuer's metadata says. */
export class Endpoint {
  readonly #config: EndpointConfig;
  readonly #client: Client;
  #found: { readonly url: string; readonly until: number } | undefined = undefined;

  constructor(config: EndpointConfig, client: Client) {
    this.#config = config;
    this.#client = client;
  }

  /** Rejects where the metadata cannot be had, or cannot be believed. `trace`: of the request that waits for it. */
  async url(trace?: ExchangeTrace): Promise<string> {
    if ("url" in this.#config) return this.#config.url;
    const now = clock.monotonic();
    if (this.#found !== undefined && now < this.#found.until) return this.#found.url;
    try {
      const url = await this.#look(this.#config, trace);
      this.#found = { url, until: now + believed };
      return url;
    } catch (error) {
      // What was true an hour ago mostly still is.
      if (this.#found !== undefined) return this.#found.url;
      throw error;
    }
  }

  async #look(
    { metadata, issuer }: { readonly metadata: string; readonly issuer: string },
    trace: ExchangeTrace | undefined,
  ): Promise<string> {
    const { status, body } = await this.#client.call({ url: metadata, trace });
    if (status !== 200) throw new Error(`the metadata of the issuer answered with ${status}, and 200 is expected`);
    const { issuer: named, introspection_endpoint: url } = jsonObject(body) ?? {};
    if (named !== issuer) throw new Error("the metadata is of another issuer than the one that is configured");
    if (typeof url !== "string" || !URL.canParse(url))
      throw new Error("the metadata names no `introspection_endpoint`. Write `endpoint`");
    if (metadata.startsWith("https:") && !url.startsWith("https:"))
      throw new Error("the metadata leads to an endpoint that is not protected by TLS");
    return url;
  }
}
