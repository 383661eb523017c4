import { type Client, createClient } from "../../calls/client.ts";
import { RemoteDocument } from "../../calls/document.ts";
import { shownUrl } from "../../calls/failure.ts";
import { logged } from "../../life/boundary.ts";
import type { LatestTopic } from "../../life/channel.ts";
import type { Every, Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { timers } from "../../life/timers.ts";
import { listsOf, type TrustSources } from "./trust.ts";

export interface RemoteListConfig {
  readonly url: string;
  /** Milliseconds from the end of one look to the next. */
  readonly intervalMs: number;
}

/** What one process has fetched, for all of them. */
type Published = { readonly bytes: string; readonly validators: Readonly<Record<string, string>> };

const longestList = 64 * 1024 * 1024;

/** Milliseconds until the next look where there is no list yet; doubled each time, up to the interval. */
const firstPauseMs = 500;

/** A list of revoked certificates that an authority publishes: one process of the group fetches it, all of them have it. */
export class RemoteRevocationList {
  readonly #config: RemoteListConfig;
  readonly #source: string;
  readonly #client: Client;
  lists: NonNullable<TrustSources["lists"]> = [];

  constructor(config: RemoteListConfig) {
    this.#config = config;
    this.#source = shownUrl(new URL(config.url));
    this.#client = createClient({ named: [config.url], maxBytes: longestList });
  }

  get isThere(): boolean {
    return this.lists.length > 0;
  }

  /** Resolves when there is one; calls back for it and each later one. */
  follow(life: Life, onList: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#topic(life).subscribe(({ bytes }) => {
        this.lists = listsOf(Buffer.from(bytes, "base64"), this.#source);
        resolve();
        onList();
      });
    });
  }

  #topic(life: Life): LatestTopic<Published> {
    return life.latest(`revoked certificates ${this.#config.url}`);
  }

  fetch(tenure: Life): void {
    const topic = this.#topic(tenure);
    const { intervalMs, url } = this.#config;
    const document = new RemoteDocument(this.#client, url, { validators: topic.value?.validators ?? {} });
    let pauseMs = firstPauseMs;
    const again = logged("a list of revoked certificates was not fetched again");
    const every: Every = tenure.every(intervalMs, async (signal) => {
      try {
        await this.#fetch(document, topic, tenure, signal);
      } catch (error) {
        if (signal.aborted) return;
        const kept = topic.value === undefined ? "there is none yet" : "the one before stays in force";
        const fields = { url: this.#source, reason: messageOf(error), kept };
        tenure.log.write("warning", "list of revoked certificates cannot be used", fields);
        if (topic.value !== undefined || pauseMs >= intervalMs) return;
        timers.after(pauseMs, again, () => every.soon());
        pauseMs *= 2;
      }
    });
  }

  async #fetch(document: RemoteDocument, topic: LatestTopic<Published>, { log }: Life, signal: AbortSignal): Promise<void> {
    const found = await document.fetch(signal);
    if (found === undefined) return;
    const lists = listsOf(found.body, this.#source);
    if (signal.aborted) return;
    found.accept();
    topic.publish({ bytes: found.body.toString("base64"), validators: document.validators });
    const entries = lists.reduce((sum, { list }) => sum + list.revoked.size, 0);
    log.write("info", "list of revoked certificates fetched", { url: this.#source, entries });
  }

  stop(): void {
    this.#client.close();
  }
}
