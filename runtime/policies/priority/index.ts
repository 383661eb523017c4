import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { type Priority, type PriorityName, priorityNames } from "../../overload/priority.ts";

export interface PriorityConfig {
  readonly class: Expression<string>;
  /** Of requests for which the expression has no value, or one that is no class. */
  readonly otherwise: PriorityName;
}

export const createPriority = (config: PriorityConfig): ChosenPriority => new ChosenPriority(config);

/** A class that is chosen for each request. */
class ChosenPriority {
  readonly #class: Expression<string>;
  readonly #otherwise: Priority;

  constructor(config: PriorityConfig) {
    this.#class = config.class;
    this.#otherwise = placeOf(config.otherwise) ?? 2;
  }

  request(x: Exchange): void {
    x.priority = placeOf(valueOf(this.#class, x)) ?? this.#otherwise;
  }
}

function placeOf(name: string | undefined): Priority | undefined {
  const place = priorityNames.indexOf(name as PriorityName);
  // An index of the four names.
  return place < 0 ? undefined : (place as Priority);
}
