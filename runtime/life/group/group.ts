import { contain, logged } from "../boundary.ts";
import { Holders } from "../holders.ts";
import { NobodyHolds } from "../hub.ts";
import type { Living } from "../living.ts";
import { messageOf } from "../message-of.ts";
import { mostHandedOver } from "./bounded-states.ts";
import { isLifeMessage, type Letter, type LetterKind, lettersVersion, seatVariable } from "./letter.ts";
import { Member } from "./member.ts";
import type { Wire } from "./outbox.ts";
import { Owners } from "./owners.ts";
import { Questions } from "./questions.ts";

/** Milliseconds that a take-over waits for what the processes before hand over. */
const handOverMs = 200;

/** A value of a `latest` topic, as text: it is only passed on here. */
interface Kept {
  version: number;
  body: string;
  /** The last build in which it was of use. */
  generation: number;
}

/**
 * The processes that serve, in the one that outlives them: it holds what is counted for all, keeps the latest value of each
 * topic for those that start later, passes events on, and names who does the work that one does for all.
 */
export class Group {
  readonly #size: number;
  readonly #holders: Holders;
  readonly #members = new Map<number, Member>();
  readonly #latest = new Map<string, Kept>();
  readonly #owners: Owners;
  readonly #handingOver = new Questions(handOverMs);
  #generation = 0;
  #handed = "[]";
  #nextVersion = 1;

  constructor(living: readonly Living[], size: number) {
    this.#size = size;
    this.#holders = new Holders(living);
    this.#owners = new Owners({
      begin: (id, name) => this.#post(id, "begin", name),
      end: (id, name) => this.#post(id, "end", name),
    });
  }

  /** A place for a process that is about to start, and the environment that tells it. */
  seat(): { readonly index: number; readonly environment: Readonly<Record<string, string>> } {
    const taken = new Set<number>();
    for (const { index, generation, isLeaving } of this.#members.values())
      if (generation === this.#generation && !isLeaving) taken.add(index);
    let index = 0;
    while (taken.has(index)) index++;
    // More of them than places only where one drains by itself; then two share a place for a while.
    index %= this.#size;
    return { index, environment: { [seatVariable]: `${lettersVersion} ${index} ${this.#size}` } };
  }

  admit(id: number, index: number, wire: Wire): void {
    this.#members.set(id, new Member(id, index, this.#generation, wire));
  }

  /** A message of a process that was admitted; what is not for the group is left lying. */
  receive(id: number, message: unknown): void {
    const member = this.#members.get(id);
    if (member === undefined || !isLifeMessage(message)) return;
    try {
      for (const letter of member.inbox.read(message)) this.#readers[letter.kind]?.(member, letter);
    } catch (error) {
      contain(logged("what a worker told its group could not be read"), error);
    }
  }

  /** It takes requests from now on. */
  serving(id: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.serves = true;
    this.#owners.spread(this.#candidates(), member);
  }

  /** They drain from now on. All at once: none of them may be named for what another one leaves off. */
  leaving(ids: readonly number[]): void {
    for (const id of ids) {
      const member = this.#members.get(id);
      if (member !== undefined) member.isLeaving = true;
    }
    this.#owners.name(this.#candidates());
  }

  /** It has ended, however it did. */
  left(id: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    member.outbox.close();
    this.#owners.name(this.#candidates());
    this.#holders.leave(id);
    this.#forget();
  }

  /** Values of topics that only builds before had, once all their processes are gone; a topic may be named by a line of a file. */
  #forget(): void {
    for (const { generation } of this.#members.values()) if (generation < this.#generation) return;
    for (const [topic, { generation }] of this.#latest) if (generation < this.#generation) this.#latest.delete(topic);
  }

  /**
   * Others take over from here on. Resolves when `from` has handed over what they go on from, or after a moment without, with
   * what is to be called when the others serve, or could not.
   */
  async takeOver(from: number | undefined): Promise<(isTaken: boolean) => void> {
    const before = this.#generation++;
    const member = from === undefined ? undefined : this.#members.get(from);
    if (member?.hasJoined === true) {
      try {
        const body = await this.#handingOver.ask("handOver", (id) => {
          member.outbox.send({ kind: "handOver", topic: "", id, body: "" });
        });
        if (body.length <= mostHandedOver) this.#handed = body;
      } catch {
        // Too late, or gone: those that take over begin without.
      }
    }
    return (isTaken) => {
      if (!isTaken) this.#generation = before;
      // Of no use to one that starts later: it is old by then.
      this.#handed = "[]";
    };
  }

  /** Which process is named for the thing. */
  ownerOf(name: string): number | undefined {
    return this.#owners.of(name);
  }

  /** Topics of which a value is kept. */
  get topics(): readonly string[] {
    return [...this.#latest.keys()];
  }

  readonly #readers: Partial<Readonly<Record<LetterKind, (member: Member, letter: Letter) => void>>> = {
    join: (member, letter) => this.#join(member, letter),
    value: (member, letter) => this.#value(member, letter),
    use: ({ generation }, { topic }) => {
      const kept = this.#latest.get(topic);
      if (kept !== undefined) kept.generation = Math.max(kept.generation, generation);
    },
    event: (member, { topic, body }) => {
      for (const other of this.#others(member)) other.outbox.event(topic, body);
    },
    missed: (member, { topic, id }) => {
      for (const other of this.#others(member)) other.outbox.missed(topic, id);
    },
    ask: (member, letter) => this.#answer(member, letter),
    answer: (_member, letter) => this.#handingOver.settle(letter),
  };

  #join(member: Member, { id, body }: Letter): void {
    member.owned = new Set(JSON.parse(body) as readonly string[]);
    member.hasJoined = true;
    for (const [topic, { version, body: value }] of this.#latest)
      member.outbox.value({ kind: "value", topic, id: version, body: value });
    // Behind them all, so that it has them when it reads that it has joined.
    const handed = member.generation === this.#generation ? this.#handed : "[]";
    member.outbox.sendLast({ kind: "joined", topic: "", id, body: handed });
    this.#owners.name(this.#candidates());
  }

  #value(member: Member, { topic, id, body }: Letter): void {
    const version = this.#nextVersion++;
    const generation = Math.max(member.generation, this.#latest.get(topic)?.generation ?? 0);
    this.#latest.set(topic, { version, body, generation });
    member.outbox.send({ kind: "settled", topic, id, body: String(version) });
    for (const other of this.#others(member)) other.outbox.value({ kind: "value", topic, id: version, body });
  }

  #answer(member: Member, { topic, id, body }: Letter): void {
    try {
      const answer = JSON.stringify(this.#holders.ask(topic, JSON.parse(body), member.id));
      member.outbox.send({ kind: "answer", topic, id, body: answer });
    } catch (error) {
      if (error instanceof NobodyHolds) return member.outbox.send({ kind: "nobody", topic, id, body: "" });
      contain(logged(`the holder of ${topic} failed`), error);
      member.outbox.send({ kind: "failed", topic, id, body: `the holder of ${topic} failed: ${messageOf(error)}` });
    }
  }

  /** Those that have joined: one that has not will get the latest values when it does, and asks for what it needs. */
  #others(member: Member): Member[] {
    return [...this.#members.values()].filter((other) => other !== member && other.hasJoined);
  }

  #candidates(): Member[] {
    return [...this.#members.values()].filter(({ hasJoined, isLeaving }) => hasJoined && !isLeaving);
  }

  #post(id: number, kind: "begin" | "end", topic: string): void {
    this.#members.get(id)?.outbox.send({ kind, topic, id: 0, body: "" });
  }
}
