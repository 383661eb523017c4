import type { EventTopic, LatestTopic } from "./channel.ts";
import { Holders } from "./holders.ts";
import type { Json } from "./json.ts";
import type { Living } from "./living.ts";
import type { HandedOver, Seat, Seated } from "./seat.ts";
import { Topics } from "./topics.ts";

/** The only process: it holds, owns and serves, and nothing crosses a border. */
export class Alone implements Seat {
  readonly size: number;
  readonly index: number;
  readonly #topics = new Topics();
  readonly #holders: Holders;

  /** `place`: among others that it cannot reach. */
  constructor(living: readonly Living[], { size, index } = { size: 1, index: 0 }) {
    this.size = size;
    this.index = index;
    this.#holders = new Holders(living);
  }

  latest<Value extends Json>(topic: string, signal: AbortSignal): LatestTopic<Value> {
    return this.#topics.latest(topic, signal);
  }

  events<Event extends Json>(topic: string, signal: AbortSignal): EventTopic<Event> {
    return this.#topics.events(topic, signal);
  }

  async ask<Answer extends Json>(topic: string, question: Json): Promise<Answer> {
    // Who asks knows what its holder answers.
    return this.#holders.ask(topic, question, 0) as Answer;
  }

  async join(owned: readonly string[], seated: Seated): Promise<readonly HandedOver[]> {
    for (const name of owned) seated.begin(name);
    return [];
  }
}
