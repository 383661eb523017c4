import { type Contained, contained, logged } from "../boundary.ts";
import { type Letter, type LifeMessage, longestMessage } from "./letter.ts";

/** The way to one other process. */
export interface Wire {
  /** `sent` is called when the message has left, or never will. */
  send(message: LifeMessage, sent: () => void): void;
}

/** Messages that were handed over and have not left. More would wait there as well, where nothing can be coalesced. */
const mostOnTheWay = 4;
/** Events that wait, and their code units. */
const mostEvents = 1_024;
const mostEventText = 1_048_576;

/**
 * Letters to one process. `process.send` takes everything and keeps it, so what waits is kept here, where it has a bound:
 * of each `latest` topic the last value waits, of events the newest, and what was dropped is told. Long letters go in parts,
 * one at a time, so that short ones need not wait for a list of megabytes.
 */
export class Outbox {
  readonly #wire: Wire;
  readonly #owner: Contained = logged("letters to another process could not be sent");
  #short: Letter[] = [];
  #events: Letter[] = [];
  #eventText = 0;
  readonly #missed = new Map<string, number>();
  /** By what replaces what; in the order in which they came. */
  readonly #long = new Map<string, Letter>();
  #longCount = 0;
  /** The long letter that is on its way, and how much of it has left. */
  #part: { readonly letter: Letter; from: number } | undefined = undefined;
  #isLongOnTheWay = false;
  #onTheWay = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  send(letter: Letter): void {
    if (letter.body.length > longestMessage) this.#long.set(`#${this.#longCount++}`, letter);
    else this.#short.push(letter);
    this.#schedule();
  }

  /** Behind all long letters and values that wait. */
  sendLast(letter: Letter): void {
    this.#long.set(`#${this.#longCount++}`, letter);
    this.#schedule();
  }

  /** Takes the place of a value of the same topic that still waits. */
  value(letter: Letter): void {
    this.#long.set(letter.topic, letter);
    this.#schedule();
  }

  event(topic: string, body: string): void {
    // What does not fit is asked for as a whole; it must not stand in front of the others.
    if (body.length > longestMessage) return this.missed(topic, 1);
    this.#events.push({ kind: "event", topic, id: 0, body });
    this.#eventText += body.length;
    while (this.#events.length > mostEvents || this.#eventText > mostEventText) {
      const dropped = this.#events.shift()!;
      this.#eventText -= dropped.body.length;
      this.missed(dropped.topic, 1);
    }
    this.#schedule();
  }

  missed(topic: string, count: number): void {
    this.#missed.set(topic, (this.#missed.get(topic) ?? 0) + count);
    this.#schedule();
  }

  /** The other process is gone. */
  close(): void {
    this.#isClosed = true;
    this.#short = [];
    this.#events = [];
    this.#missed.clear();
    this.#long.clear();
    this.#part = undefined;
  }

  /** Behind everything that is done at the moment, so that one message takes it all. */
  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = contained(this.#owner, (): void => {
    this.#isScheduled = false;
    while (this.#onTheWay < mostOnTheWay) {
      const letters = this.#take();
      if (letters.length === 0) break;
      this.#onTheWay++;
      this.#wire.send({ gatewright: "life", letters }, this.#onSent);
    }
    this.#sendLong();
  });

  readonly #onSent = contained(this.#owner, (): void => {
    this.#onTheWay--;
    if (this.#short.length > 0 || this.#events.length > 0 || this.#missed.size > 0) this.#schedule();
  });

  /** As many as one message takes: what somebody waits for, then what was missed, then the events behind it. */
  #take(): Letter[] {
    const letters: Letter[] = [];
    let room = longestMessage;
    const takeFrom = (queue: readonly Letter[]): number => {
      let count = 0;
      for (const letter of queue) {
        room -= letter.body.length + letter.topic.length;
        if (room < 0 && letters.length > 0) break;
        letters.push(letter);
        count++;
      }
      return count;
    };
    this.#short = this.#short.slice(takeFrom(this.#short));
    if (this.#short.length > 0) return letters;
    for (const [topic, count] of this.#missed) letters.push({ kind: "missed", topic, id: count, body: "" });
    this.#missed.clear();
    const taken = this.#events.splice(0, takeFrom(this.#events));
    for (const { body } of taken) this.#eventText -= body.length;
    return letters;
  }

  /** One message of the long letters at a time: a part of one, or several that are short after all. */
  #sendLong(): void {
    if (this.#isLongOnTheWay) return;
    const letters = this.#part === undefined ? this.#takeLong() : [];
    const message = letters.length > 0 ? { gatewright: "life" as const, letters } : this.#nextPart();
    if (message === undefined) return;
    this.#isLongOnTheWay = true;
    this.#wire.send(message, this.#onLongSent);
  }

  /** As many as one message takes; none where the first needs several, which is then the one that goes in parts. */
  #takeLong(): Letter[] {
    const letters: Letter[] = [];
    let room = longestMessage;
    for (const [key, letter] of this.#long) {
      room -= letter.body.length + letter.topic.length;
      if (room < 0 && letters.length > 0) break;
      this.#long.delete(key);
      if (room < 0) {
        this.#part = { letter, from: 0 };
        break;
      }
      letters.push(letter);
    }
    return letters;
  }

  #nextPart(): LifeMessage | undefined {
    if (this.#part === undefined) return undefined;
    const { letter, from } = this.#part;
    const to = Math.min(letter.body.length, from + longestMessage);
    const isLast = to === letter.body.length;
    this.#part.from = to;
    if (isLast) this.#part = undefined;
    return { gatewright: "life", part: { ...letter, body: letter.body.slice(from, to) }, isLast };
  }

  readonly #onLongSent = contained(this.#owner, (): void => {
    this.#isLongOnTheWay = false;
    this.#sendLong();
  });
}
