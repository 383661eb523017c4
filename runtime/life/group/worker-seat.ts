import type { Log } from "../../log/log.ts";
import type { EventTopic, LatestTopic } from "../channel.ts";
import { Unanswered } from "../hub.ts";
import type { Json } from "../json.ts";
import type { HandedOver, Seat, Seated } from "../seat.ts";
import { Topics } from "../topics.ts";
import { boundedStates } from "./bounded-states.ts";
import { Inbox } from "./inbox.ts";
import { isLifeMessage, type Letter, type LetterKind, longestBody } from "./letter.ts";
import { Outbox, type Wire } from "./outbox.ts";
import { Questions } from "./questions.ts";
import { SharedValue } from "./shared-value.ts";

/** Milliseconds that the holder gets to answer, and the primary to let this process join. */
const answerMs = 1_000;
const joinMs = 10_000;

/** The place of a worker: everything goes through its primary. */
export class WorkerSeat implements Seat {
  readonly size: number;
  readonly index: number;
  readonly #outbox: Outbox;
  readonly #inbox = new Inbox();
  readonly #log: Log;
  readonly #topics: Topics;
  readonly #shared = new Map<string, SharedValue>();
  readonly #used = new Set<string>();
  readonly #questions = new Questions(answerMs);
  readonly #joining = new Questions(joinMs);
  #nextPublication = 1;
  #seated: Seated | undefined = undefined;

  constructor(wire: Wire, place: { readonly size: number; readonly index: number }, log: Log) {
    this.size = place.size;
    this.index = place.index;
    this.#log = log;
    this.#outbox = new Outbox(wire);
    this.#topics = new Topics({
      value: (topic, value) => this.#publish(topic, value),
      event: (topic, event) => this.#outbox.event(topic, JSON.stringify(event)),
    });
  }

  latest<Value extends Json>(topic: string, signal: AbortSignal): LatestTopic<Value> {
    if (!this.#used.has(topic)) {
      this.#used.add(topic);
      this.#outbox.send({ kind: "use", topic, id: 0, body: "" });
    }
    return this.#topics.latest(topic, signal);
  }

  events<Event extends Json>(topic: string, signal: AbortSignal): EventTopic<Event> {
    return this.#topics.events(topic, signal);
  }

  async ask<Answer extends Json>(topic: string, question: Json): Promise<Answer> {
    const body = JSON.stringify(question);
    const answer = await this.#questions.ask(topic, (id) => this.#outbox.send({ kind: "ask", topic, id, body }));
    return JSON.parse(answer) as Answer;
  }

  async join(owned: readonly string[], seated: Seated): Promise<readonly HandedOver[]> {
    this.#seated = seated;
    const body = JSON.stringify(owned);
    try {
      const handed = await this.#joining.ask("join", (id) => this.#outbox.send({ kind: "join", topic: "", id, body }));
      return JSON.parse(handed) as HandedOver[];
    } catch (error) {
      throw error instanceof Unanswered
        ? new Unanswered(`its primary did not let the worker join within ${joinMs / 1000} s`)
        : error;
    }
  }

  /** A message of the primary; others are none of this. */
  receive(message: unknown): void {
    if (isLifeMessage(message)) for (const letter of this.#inbox.read(message)) this.#readers[letter.kind]?.(letter);
  }

  /** The primary is gone, and this process soon will be. */
  close(): void {
    this.#outbox.close();
    this.#questions.close();
    this.#joining.close();
  }

  readonly #readers: Partial<Readonly<Record<LetterKind, (letter: Letter) => void>>> = {
    joined: ({ id, body }) => this.#joining.settle({ kind: "answer", topic: "", id, body }),
    value: ({ topic, id, body }) => this.#show(topic, this.#sharedOf(topic).came(id, body)),
    settled: ({ topic, id, body }) => this.#show(topic, this.#sharedOf(topic).settle(id, Number(body))),
    event: ({ topic, body }) => this.#topics.eventsOf(topic).tell(JSON.parse(body)),
    missed: ({ topic, id }) => this.#topics.eventsOf(topic).tellMissed(id),
    answer: (letter) => this.#questions.settle(letter),
    nobody: (letter) => this.#questions.settle(letter),
    failed: (letter) => this.#questions.settle(letter),
    begin: ({ topic }) => this.#seated?.begin(topic),
    end: ({ topic }) => this.#seated?.end(topic),
    handOver: ({ id }) => this.#handOver(id),
  };

  #publish(topic: string, value: Json): void {
    const body = JSON.stringify(value);
    if (body.length > longestBody)
      throw new RangeError(`a value of ${topic} is too long to be shared: ${body.length} characters`);
    const id = this.#nextPublication++;
    this.#sharedOf(topic).publish(id);
    this.#outbox.value({ kind: "value", topic, id, body });
  }

  #show(topic: string, body: string | undefined): void {
    if (body !== undefined) this.#topics.latestOf(topic).set(JSON.parse(body));
  }

  #sharedOf(topic: string): SharedValue {
    let shared = this.#shared.get(topic);
    if (shared === undefined) {
      shared = new SharedValue();
      this.#shared.set(topic, shared);
    }
    return shared;
  }

  #handOver(id: number): void {
    const { body, left } = boundedStates(this.#seated?.handOver() ?? []);
    for (const name of left)
      this.#log.write("warning", "not handed over, as it is too much or no JSON; the process that takes over begins anew", {
        thing: name,
      });
    this.#outbox.send({ kind: "answer", topic: "", id, body });
  }
}
