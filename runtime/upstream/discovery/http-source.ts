import { createClient } from "../../calls/client.ts";
import { RemoteDocument } from "../../calls/document.ts";
import type { FollowedTls } from "../../calls/followed-tls.ts";
import type { StartValue } from "../../exchange/exchange.ts";
import { currentSecret, type FollowedSecret } from "../../files/followed-secret.ts";
import type { StartUrl } from "../../identity/start-url.ts";
import { contained, logged } from "../../life/boundary.ts";
import type { Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { listedInText } from "./list.ts";
import type { Entry, Listed } from "./member.ts";
import { Pacing } from "./pacing.ts";
import type { EndpointSource, Findings, Look } from "./source.ts";

export interface HttpSourceConfig {
  readonly url: StartUrl | string;
  /** Milliseconds from one look to the next. */
  readonly interval: number;
  /** For `Authorization: Bearer`. */
  readonly token?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
}

export const createHttpSource = (config: HttpSourceConfig): EndpointSource => new HttpSource(config);

const mostBytes = 8 * 1024 * 1024;

/** Milliseconds for an answer as a whole. */
const wholeMs = 10_000;

/** A server that lists the endpoints, as Prometheus' `http_sd` is one. */
class HttpSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: HttpSourceConfig;

  constructor(config: HttpSourceConfig) {
    this.#config = config;
    const { origin, pathname } = new URL(config.url);
    this.description = `${origin}${pathname}`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { url, token, tls, interval } = this.#config;
    tls?.follow(tenure);
    const client = createClient({
      named: [url],
      maxBytes: mostBytes,
      wholeMs,
      // The pauses are ours.
      attempts: 1,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
    if (typeof token === "object") token.follow(tenure, () => {}, () => {}); // biome-ignore format: one line
    const accept = "application/json";
    // Each request reads it anew, as others replace the file that it comes from.
    const headers: Readonly<Record<string, string>> = token === undefined ? { accept } : { accept, get authorization() { return `Bearer ${currentSecret(token)}`; } }; // biome-ignore format: one line
    const document = new RemoteDocument(client, url, { headers });
    let last: readonly Entry[] | undefined;
    const end = contained(logged("connections to a registry were not closed"), (): void => client.close());
    tenure.signal.addEventListener("abort", end, { once: true });
    const read = (listed: Listed): Entry => findings.read(listed);
    const look = async (signal: AbortSignal): Promise<undefined> => {
      const found = await document.fetch(signal);
      const listed = found === undefined ? last : await listedInText(found.body.toString("utf8"), read);
      if (listed !== undefined) findings.found(listed);
      last = listed;
      // Behind what could be used: of what could not, a 304 would say for ever that it has not changed.
      found?.accept();
    };
    return new Pacing(tenure, interval, look, (error) => findings.failed(messageOf(error)));
  }
}
