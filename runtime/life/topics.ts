import { logged } from "./boundary.ts";
import type { EventTopic, LatestTopic } from "./channel.ts";
import { EventListeners } from "./event-listeners.ts";
import type { Json } from "./json.ts";
import { LatestValue } from "./latest-value.ts";

/** What is published goes on to the other processes, where there are any. */
export interface Publisher {
  value(topic: string, value: Json): void;
  event(topic: string, event: Json): void;
}

/** The topics of one process. A topic is a topic of the gateway: whoever uses its name has the same one. */
export class Topics {
  readonly #publisher: Publisher | undefined;
  readonly #latest = new Map<string, LatestValue<Json>>();
  readonly #events = new Map<string, EventListeners<Json>>();

  constructor(publisher?: Publisher) {
    this.#publisher = publisher;
  }

  /** A value that came from another process, or is published in this one. */
  latestOf(topic: string): LatestValue<Json> {
    let found = this.#latest.get(topic);
    if (found === undefined) {
      found = new LatestValue(logged(`a listener to ${topic} failed`));
      this.#latest.set(topic, found);
    }
    return found;
  }

  eventsOf(topic: string): EventListeners<Json> {
    let found = this.#events.get(topic);
    if (found === undefined) {
      found = new EventListeners(logged(`a listener to ${topic} failed`));
      this.#events.set(topic, found);
    }
    return found;
  }

  /** `signal`: when subscriptions end. */
  latest<Value extends Json>(topic: string, signal: AbortSignal): LatestTopic<Value> {
    // Whoever uses a topic says what its values are, in every process alike.
    const latest = this.latestOf(topic) as unknown as LatestValue<Value>;
    return {
      get value() {
        return latest.value;
      },
      publish: (value) => {
        latest.set(value);
        this.#publisher?.value(topic, value);
      },
      subscribe: (listener) => latest.subscribe(listener, signal),
    };
  }

  events<Event extends Json>(topic: string, signal: AbortSignal): EventTopic<Event> {
    const events = this.eventsOf(topic) as unknown as EventListeners<Event>;
    return {
      publish: (event) => {
        this.#publisher?.event(topic, event);
        events.tell(event);
      },
      subscribe: (listener, missed) => events.subscribe(listener, missed, signal),
    };
  }
}
