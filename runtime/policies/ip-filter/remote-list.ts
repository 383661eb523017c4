import { type PackedCidr, packCidr, unpackCidr } from "../../addresses/packed-cidr.ts";
import { type Client, createClient } from "../../calls/client.ts";
import { RemoteDocument } from "../../calls/document.ts";
import { shownUrl } from "../../calls/failure.ts";
import { trusting } from "../../calls/trusting.ts";
import type { StartValue } from "../../exchange/exchange.ts";
import { logged } from "../../life/boundary.ts";
import type { LatestTopic } from "../../life/channel.ts";
import type { Every, Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { timers } from "../../life/timers.ts";
import { blocksOf, setOf } from "./list-text.ts";
import { InForce, type LiveList, longestList } from "./live-list.ts";

export interface RemoteListConfig {
  readonly url: string;
  /** Milliseconds from the end of one look to the next. */
  readonly intervalMs: number;
  readonly required: boolean;
  /** Fields of the request, names in lower case. */
  readonly headers?: readonly { readonly name: string; readonly value: StartValue }[];
  /** Certificates of who may vouch for the server, in PEM. */
  readonly ca?: StartValue;
}

/** Throws a `StartError` where the environment names a proxy that cannot be used, or `ca` is no certificate. */
export const createRemoteList = (config: RemoteListConfig): LiveList => new RemoteList(config);

/** What one process has fetched, for all of them. */
type Published = {
  readonly set: PackedCidr;
  readonly entries: number;
  readonly validators: Readonly<Record<string, string>>;
};

/** Milliseconds until the next look where there is no list yet; doubled each time, up to the interval. */
const firstPauseMs = 500;

/** One process of the group fetches it; all of them have it. */
class RemoteList implements LiveList {
  declare readonly __made: true;
  readonly source: string;
  readonly required: boolean;
  readonly inForce = new InForce();
  readonly #config: RemoteListConfig;
  readonly #client: Client;

  constructor(config: RemoteListConfig) {
    this.#config = config;
    // A query may hold a token.
    this.source = shownUrl(new URL(config.url));
    this.required = config.required;
    const { url, ca } = config;
    const tls = ca === undefined ? {} : { tls: trusting(ca, `\`ca\` of the list at ${this.source}`) };
    this.#client = createClient({ named: [url], maxBytes: longestList, ...tls });
  }

  follow(life: Life): Promise<void> {
    return new Promise((resolve) => {
      this.#topic(life).subscribe(({ set, entries }) => {
        this.inForce.replace(unpackCidr(set), entries, life.clock.wall());
        resolve();
      });
    });
  }

  /** The name is that of the list and of its form: whoever uses the same one has the same topic. */
  #topic(life: Life): LatestTopic<Published> {
    return life.latest(`packed addresses ${this.#config.url}`);
  }

  fetch(tenure: Life): void {
    const topic = this.#topic(tenure);
    const { intervalMs, url, headers = [] } = this.#config;
    // Where another process was the one before, only what has changed since is of interest.
    const document = new RemoteDocument(this.#client, url, {
      headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      validators: topic.value?.validators ?? {},
    });
    let pauseMs = firstPauseMs;
    const again = logged("a list of addresses was not fetched again");
    const every: Every = tenure.every(intervalMs, async (signal) => {
      try {
        await this.#fetch(document, topic, tenure, signal);
      } catch (error) {
        if (signal.aborted) return;
        const kept = topic.value === undefined ? "there is none yet" : "the one before stays in force";
        tenure.log.write("warning", "list of addresses cannot be used", { url: this.source, reason: messageOf(error), kept });
        if (topic.value !== undefined || pauseMs >= intervalMs) return;
        timers.after(pauseMs, again, () => every.soon());
        pauseMs *= 2;
      }
    });
  }

  async #fetch(document: RemoteDocument, topic: LatestTopic<Published>, { log }: Life, signal: AbortSignal): Promise<void> {
    const found = await document.fetch(signal);
    if (found === undefined) return;
    const blocks = blocksOf(found.body.toString());
    const set = await setOf(blocks);
    if (signal.aborted) return;
    found.accept();
    const entries = blocks.length;
    topic.publish({ set: packCidr(set), entries, validators: document.validators });
    log.write("info", "list of addresses fetched", { url: this.source, entries });
  }

  stop(): void {
    this.#client.close();
  }
}
