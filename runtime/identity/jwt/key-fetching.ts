import type { Client } from "../../calls/client.ts";
import { RemoteDocument } from "../../calls/document.ts";
import { contained, logged } from "../../life/boundary.ts";
import type { LatestTopic } from "../../life/channel.ts";
import { clock } from "../../life/clock.ts";
import type { Every, Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { Algorithm } from "../jose/algorithms.ts";
import { readKeySet } from "../jose/key-set.ts";
import { parsedKeySet } from "./key-set-text.ts";
import { usableKeys } from "./key-source.ts";
import { keySetUrl } from "./metadata.ts";

/** What one process has found, for all of them. */
export type PublishedKeys = {
  /** Text of the last good key set. */
  readonly set: string | undefined;
  /** Milliseconds since the epoch: when it was last seen, and when the last look began. */
  readonly readAt: number;
  readonly lookedAt: number;
  /** Looks in a row that found nothing usable. */
  readonly failures: number;
  readonly failure: string | undefined;
};

export interface KeyFetchingConfig {
  readonly client: Client;
  readonly at: { readonly uri: string } | { readonly metadata: readonly string[] };
  readonly issuer: string;
  readonly algorithms: readonly Algorithm[];
  readonly source: string;
  readonly topic: LatestTopic<PublishedKeys>;
  readonly tenure: Life;
}

/** Milliseconds until the next look after one that failed; doubled each time, up to a minute. */
const firstPauseMs = 500;
const longestPauseMs = 60_000;

/** The looks of the process that fetches the keys for its group. */
export class KeyFetching {
  readonly #config: KeyFetchingConfig;
  #timer: Timer | undefined = undefined;
  #document: { readonly url: string; readonly document: RemoteDocument } | undefined = undefined;

  constructor(config: KeyFetchingConfig) {
    this.#config = config;
    const end = contained(logged("keys are fetched no more"), (): void => this.#timer?.cancel());
    config.tenure.signal.addEventListener("abort", end, { once: true });
  }

  /** The begin of the last look. */
  get lookedAt(): number {
    return this.#config.topic.value?.lookedAt ?? 0;
  }

  again(milliseconds: number, every: Every): void {
    this.#timer?.cancel();
    this.#timer = timers.after(milliseconds, logged("keys were not fetched again"), () => every.soon());
  }

  /** Never rejects. `retry`: called where the keys should be looked for again before their time. */
  async look(signal: AbortSignal, retry: (milliseconds: number) => void): Promise<void> {
    const { source, tenure, topic } = this.#config;
    const before = topic.value;
    const lookedAt = clock.wall();
    try {
      const set = await this.#fetched(signal);
      if (signal.aborted) return;
      topic.publish({ set: set ?? before?.set, readAt: clock.wall(), lookedAt, failures: 0, failure: undefined });
    } catch (error) {
      if (signal.aborted) return;
      const failure = messageOf(error);
      const failures = (before?.failures ?? 0) + 1;
      topic.publish({ set: before?.set, readAt: before?.readAt ?? 0, lookedAt, failures, failure });
      const kept = before?.set === undefined ? "there are none yet" : "the ones before stay in force";
      tenure.log.write("warning", "keys cannot be used", { source, reason: failure, kept });
      retry(Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10)));
    }
  }

  /** Undefined: they are as they were. */
  async #fetched(signal: AbortSignal): Promise<string | undefined> {
    const { algorithms, at, client, issuer, source, tenure } = this.#config;
    const url = "uri" in at ? at.uri : await keySetUrl(client, at.metadata, issuer, signal);
    if (this.#document?.url !== url) this.#document = { url, document: new RemoteDocument(client, url) };
    const found = await this.#document.document.fetch(signal);
    if (found === undefined) return undefined;
    const text = found.body.toString();
    const set = readKeySet(parsedKeySet(text), algorithms);
    usableKeys(set);
    found.accept();
    if (text === this.#config.topic.value?.set) return undefined;
    const { keys, skipped } = typeof set === "string" ? { keys: [], skipped: [] } : set;
    for (const { key, why } of skipped) tenure.log.write("warning", "key skipped", { source, key, reason: why });
    tenure.log.write("info", "keys fetched", { source, keys: keys.length });
    return text;
  }
}
