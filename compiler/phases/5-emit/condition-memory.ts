import type { CallPlan } from "../4-plan/plan.ts";

/** Bits of one number: with 31 it stays a small integer of the engine, and the sign is left alone. */
const bitsOfWord = 31;

/** Where the exchange remembers that the condition of a step held: a bit of a number. */
interface Bit {
  readonly word: string;
  readonly bit: number;
}

/**
 * Remembers the conditions of one chain between its hooks. The first number is a field of the exchange, which nearly all
 * chains do with; each further one is a slot that none of the chain's policies has.
 */
export class ConditionMemory {
  readonly #places: ReadonlyMap<CallPlan, number>;
  readonly #firstSlot: number;

  constructor(calls: readonly CallPlan[]) {
    const remembered = calls.filter(({ step }) => step.when !== undefined && step.hooks.some((hook) => laterHooks.has(hook)));
    this.#places = new Map(remembered.map((call, place) => [call, place]));
    this.#firstSlot = calls.reduce(
      (next, { constant }) => constant.slots.reduce((most, slot) => Math.max(most, slot + 1), next),
      0,
    );
  }

  /** The statement behind the condition of a step that has later hooks; undefined where nobody asks again. */
  remember(call: CallPlan): string | undefined {
    const place = this.#bitOf(call);
    return place === undefined ? undefined : `${place.word} |= ${place.bit};`;
  }

  /** Whether the condition held. */
  held(call: CallPlan): string {
    const place = this.#bitOf(call);
    if (place === undefined) throw new Error(`the condition of ${call.step.policy} is not remembered`);
    return `(${place.word} & ${place.bit}) !== 0`;
  }

  #bitOf(call: CallPlan): Bit | undefined {
    const place = this.#places.get(call);
    if (place === undefined) return undefined;
    const word = Math.floor(place / bitsOfWord);
    // What was never written is undefined, of which no bit is set.
    return { word: word === 0 ? "x.conditions" : `x.slots[${this.#firstSlot + word - 1}]`, bit: 2 ** (place % bitsOfWord) };
  }
}

/** A preflight has no chain before it, so its conditions are decided on the spot. */
const laterHooks: ReadonlySet<string> = new Set([
  "upstreamRequest",
  "answerHead",
  "answerStream",
  "answerBody",
  "response",
  "done",
]);
