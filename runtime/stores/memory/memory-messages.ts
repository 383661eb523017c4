import type { EventTopic } from "../../life/channel.ts";
import type { Json } from "../../life/json.ts";
import type { Messages } from "../store.ts";

type Listener = readonly [listener: (message: Json) => void, gap: () => void];

/** Messages for every process of the group. Whoever is told of them says so while the gateway is built. */
export class MemoryMessages implements Messages {
  readonly #listeners: Listener[] = [];
  #events: EventTopic<Json> | undefined = undefined;

  publish(message: Json): void {
    // Before the start there is nobody whom it could concern.
    this.#events?.publish(message);
  }

  subscribe(...listener: Listener): void {
    this.#listeners.push(listener);
    this.#events?.subscribe(...listener);
  }

  join(events: EventTopic<Json>): void {
    this.#events = events;
    for (const listener of this.#listeners) events.subscribe(...listener);
  }
}
