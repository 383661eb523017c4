import { refuse } from "../../answers/problem.ts";
import type { AnswerCache, AnswerPacker, FetchPlan, Served, ServedAnswer, Verdict } from "../../caching/answer-cache.ts";
import type { StoredAnswer } from "../../caching/stored-answer.ts";
import type { Answer, Wait } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { holdOf } from "../../http/body-hold.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { contain } from "../../life/boundary.ts";
import type { Deadlines } from "../deadlines.ts";
import { Delivery, deliver, type OpenWayBack, type Source } from "./delivery.ts";
import { fetchExchange } from "./fetch-exchange.ts";
import { HoldUp } from "./hold-up.ts";
import { leftTo } from "./taking.ts";

/** Bytes that wait for a slow client of an answer that is not kept, before the service is not read further. */
const mostWaiting = 262_144;

/** Who flies with it, and what happens to those who cannot. */
export interface Carriers {
  readonly cache: AnswerCache;
  readonly open: OpenWayBack | undefined;
  readonly packer: AnswerPacker | undefined;
  /** Of those who wait. */
  readonly deadlines: Deadlines;
  /** Asks for an exchange again: what it waited for is not for it. `isAlone`: nor is what others get that it could wait for. */
  again(x: HttpExchange, isAlone: boolean): void;
  /** It begins to wait for what others fetch; undefined: nobody wants to know how long. */
  waits(x: HttpExchange): Wait | undefined;
  /** Sends the request of a flight to the service. */
  ask(x: HttpExchange): void;
  /** Nobody can join any more. */
  closed(flight: Flight): void;
}

/**
 * One request to the service for all who want the same answer. It is the client of an exchange of its own, so it goes on when
 * the client leaves who asked first, as long as anybody waits.
 */
export class Flight implements ClientTransport, Source {
  readonly plan: FetchPlan;
  /** The exchange that asks the service. */
  readonly x: HttpExchange;
  readonly carriers: Carriers;
  /** Whose request it is; undefined: of nobody who waits. */
  readonly first: HttpExchange | undefined;
  #deliveries: Delivery[] = [];
  #answer: Answer | undefined = undefined;
  #length = -1;
  #verdict: Verdict | undefined = undefined;
  #isKept = false;
  #pieces: Buffer[] = [];
  /** Pieces that everybody has had, and that are gone. */
  #dropped = 0;
  #bytes = 0;
  #hasEnded = false;
  #trailers: HeaderList | undefined = undefined;
  #isPaused = false;
  #holdUp: HoldUp | undefined = undefined;

  constructor(x: HttpExchange, plan: FetchPlan, carriers: Carriers, isRefresh: boolean) {
    this.plan = plan;
    this.carriers = carriers;
    this.first = isRefresh ? undefined : x;
    this.x = fetchExchange(x, this, plan.query, isRefresh);
    carriers.cache.begin(this.x, plan);
  }

  /** False: its answer is not for this request. */
  join(x: HttpExchange): boolean {
    if (this.#hasEnded) return false;
    if (this.#verdict !== undefined && !this.#isFor(x)) return false;
    const delivery = new Delivery(x, this.carriers.open, this);
    this.#deliveries.push(delivery);
    delivery.expiresIn(this.carriers.deadlines);
    if (this.#verdict !== undefined) {
      this.#attach(delivery);
      this.guarded(x, () => delivery.batch());
    } else if (x !== this.first || this.carriers.cache.depart !== undefined) delivery.wait = this.carriers.waits(x);
    return true;
  }

  /** It asks the service itself: who asked first waits for that from now on. */
  ask(): void {
    this.#deliveries.find(({ x }) => x === this.first)?.endWait();
    this.carriers.ask(this.x);
  }

  #isFor(x: HttpExchange): boolean {
    if (x === this.first) return true;
    if (this.#verdict?.kind !== "keep" || !this.#isKept || !this.#verdict.isForAll) return false;
    return this.mayHave(x, this.#verdict.draft);
  }

  /** It is the variant that this request selects. */
  mayHave(x: HttpExchange, stored: StoredAnswer): boolean {
    return this.carriers.cache.selects(x, stored) && this.carriers.cache.isFor(x, stored);
  }

  /** What has come was purged before this request came: it needs what is fetched after that, as all do that come from now on. */
  isPast(x: HttpExchange): boolean {
    const verdict = this.#verdict;
    const stored = verdict?.kind === "keep" ? verdict.draft : verdict?.kind === "serve" ? verdict.stored : undefined;
    return stored !== undefined && !this.carriers.cache.isFor(x, stored);
  }

  // The answer, as a client gets it.

  sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void {
    const { cache } = this.carriers;
    const answer: Answer = { status, headers, body: undefined, source: "service" };
    const { source } = this.x.answer!;
    if (source !== "service") return this.#failed(this.x.answer!);
    this.#answer = answer;
    this.#length = bodyLength === "none" ? 0 : bodyLength === "unknown" ? -1 : bodyLength;
    const verdict = cache.judge(this.x, this.plan, answer, this.#length);
    this.#verdict = verdict;
    if (verdict.kind === "serve") {
      this.close();
      const others = this.#serve(verdict.stored, verdict.isForAll, status);
      this.release(others);
      return;
    }
    this.#isKept = verdict.kind === "keep";
    if (verdict.kind !== "keep" || !verdict.isForAll) this.close();
    const released = this.#deliveries.filter(({ x }) => !this.#isFor(x));
    this.#deliveries = this.#deliveries.filter(({ x }) => this.#isFor(x));
    for (const delivery of [...this.#deliveries]) this.#attach(delivery);
    this.release(released);
    if (this.#deliveries.length === 0 && !this.#isKept) this.#giveUp();
  }

  /** Gives what is kept to those for whom it is; returns the others. */
  #serve(stored: StoredAnswer, isForAll: boolean, status?: number): readonly Delivery[] {
    const others: Delivery[] = [];
    for (const delivery of this.takeAll()) {
      const { x } = delivery;
      const isFirst = x === this.first;
      if (!isFirst && !(isForAll && this.mayHave(x, stored))) others.push(delivery);
      else
        this.guarded(x, () => {
          const how = { fetch: this.plan, ...(status === undefined ? {} : { status }), isCollapsed: !isFirst };
          if (isFirst && status === undefined) x.upstream = this.x.upstream;
          this.give(x, stored, how);
        });
    }
    return others;
  }

  give(x: HttpExchange, stored: StoredAnswer, how: Served): void {
    this.#deliver(x, this.carriers.cache.serve(x, stored, how));
  }

  #deliver(x: HttpExchange, served: ServedAnswer): void {
    const { open, packer } = this.carriers;
    deliver(x, served, open, packer);
  }

  #attach(delivery: Delivery): void {
    const { x } = delivery;
    this.guarded(x, () => {
      const isFirst = x === this.first;
      if (isFirst) x.upstream = this.x.upstream;
      const { status, headers } = this.#answer!;
      x.answer = { status, headers: headers.copy(), body: undefined, source: "service" };
      const how = { isStored: this.#isKept, isCollapsed: !isFirst };
      const unmodified = this.carriers.cache.relay(x, this.plan, x.answer, how);
      if (unmodified !== undefined) {
        this.#drop(delivery);
        delivery.leave();
        this.#deliver(x, unmodified);
        return;
      }
      delivery.begin(x.answer, this.#length);
      this.#pump(delivery);
    });
  }

  /** Gives what has come to one that takes it. */
  #pump(delivery: Delivery): void {
    while (!delivery.isHeldUp && !delivery.isOver && delivery.taken - this.#dropped < this.#pieces.length) {
      const piece = this.#pieces[delivery.taken - this.#dropped]!;
      delivery.taken++;
      delivery.add(piece);
    }
    const hasAll = delivery.taken - this.#dropped === this.#pieces.length;
    if (!delivery.isOver && hasAll && this.#hasEnded && !delivery.isHeldUp) {
      this.#drop(delivery);
      delivery.end(this.#trailers);
    }
  }

  sendBody(piece: Piece): boolean {
    // A body that nobody gets.
    if (this.#verdict?.kind === "serve" || this.#answer === undefined) return true;
    const bytes = piece.held();
    this.#bytes += bytes.length;
    this.#pieces.push(bytes);
    if (this.#isKept && !this.#hasRoomFor(bytes.length)) this.#stopKeeping();
    for (const delivery of [...this.#deliveries]) this.guarded(delivery.x, () => this.#pump(delivery));
    this.#forget();
    const isTaken = this.#isKept || !this.#isFull();
    this.#watch();
    return isTaken;
  }

  #hasRoomFor(bytes: number): boolean {
    const { maxBytes } = this.#verdict as Extract<Verdict, { kind: "keep" }>;
    return this.#bytes <= maxBytes && holdOf(this.x).take(bytes);
  }

  #stopKeeping(): void {
    this.#isKept = false;
    this.close();
    this.carriers.cache.gaveUp(this.plan);
    if (this.#deliveries.length === 0) this.#giveUp();
  }

  /** Of what is not kept, pieces stay until the slowest has had them. */
  #forget(): void {
    if (this.#isKept) return;
    const had = Math.min(...this.#deliveries.map(({ taken }) => taken)) - this.#dropped;
    const gone = this.#pieces.splice(0, Math.min(had, this.#pieces.length));
    this.#dropped += gone.length;
  }

  #isFull(): boolean {
    this.#isPaused = this.#pieces.reduce((sum, { length }) => sum + length, 0) > mostWaiting;
    return this.#isPaused;
  }

  goesOn(delivery: Delivery): void {
    if (!delivery.isBegun) return;
    this.#pump(delivery);
    delivery.batch();
    this.#resume();
  }

  #resume(): void {
    this.#forget();
    if (this.#isPaused && !this.#isFull()) this.x.pending?.drained();
    this.#watch();
  }

  /** Somebody has had all that came, and gets no more because others are slower. */
  #watch(): void {
    const isHeldUp = this.#isPaused && !this.#hasEnded && this.#deliveries.some((delivery) => !this.#isBehind(delivery));
    if (!isHeldUp) this.#holdUp?.end();
    else (this.#holdUp ??= new HoldUp({ broke: (error) => this.x.fail(error) }, () => this.#leaveBehind())).begin();
  }

  #isBehind({ taken, isHeldUp }: Delivery): boolean {
    return isHeldUp || taken - this.#dropped < this.#pieces.length;
  }

  /** They may ask again, and then hold up nobody. */
  #leaveBehind(): void {
    for (const delivery of this.#deliveries.filter((one) => this.#isBehind(one))) {
      this.#drop(delivery);
      this.guarded(delivery.x, () => delivery.cutOff());
    }
    this.#resume();
  }

  flush(): void {
    for (const delivery of [...this.#deliveries]) this.guarded(delivery.x, () => delivery.batch());
  }

  sendEnd(trailers: HeaderList | undefined): void {
    this.#hasEnded = true;
    this.#holdUp?.end();
    this.#trailers = trailers;
    this.close();
    const stored =
      this.#isKept && this.#verdict?.kind === "keep"
        ? this.carriers.cache.keep(this.plan, this.#verdict.draft, Buffer.concat(this.#pieces))
        : undefined;
    for (const delivery of [...this.#deliveries]) this.guarded(delivery.x, () => this.#pump(delivery));
    const slow = this.#deliveries.map(({ x }) => x);
    if (slow.length > 0) this.#pieces = leftTo(slow, this.#pieces, stored);
    this.carriers.cache.ended(this.plan);
    this.x.finish(true);
  }

  sendInterim(status: number, headers: HeaderList): void {
    const first = this.#deliveries.find(({ x }) => x === this.first);
    if (first !== undefined) first.x.client.sendInterim(status, headers);
  }

  /** There is no whole answer: what has come of it is not kept (RFC 9111 §3.3). */
  abort(): void {
    this.#holdUp?.end();
    this.close();
    this.carriers.cache.ended(this.plan);
    for (const delivery of this.takeAll()) this.guarded(delivery.x, () => delivery.breakOff());
  }

  /** The gateway has an answer of its own: there is none of the service, or it is not good. */
  #failed(answer: Answer): void {
    const { cache } = this.carriers;
    this.close();
    const instead = cache.instead(this.plan);
    if (instead !== undefined) {
      const others = this.#serve(instead, true);
      this.release(others);
      return;
    }
    const deliveries = this.takeAll();
    // The time of the first one says nothing of that of the others.
    const isItsOwn = answer.problem?.slug === "deadline-exceeded";
    for (const { x } of isItsOwn ? deliveries.filter(({ x }) => x === this.first) : deliveries)
      this.guarded(x, () => {
        if (x === this.first) x.upstream = this.x.upstream;
        if (answer.problem === undefined) x.answer = { ...answer, headers: answer.headers.copy() };
        else refuse(x, answer.problem);
        x.outcome = this.x.outcome;
        cache.failed(x, this.plan);
        x.sendAnswer();
      });
    if (isItsOwn) this.release(deliveries.filter(({ x }) => x !== this.first));
  }

  /** It does not ask the service, and nobody waits for it any more. */
  cancel(): void {
    this.#hasEnded = true;
    this.close();
    this.carriers.cache.ended(this.plan);
    this.x.finish(true);
  }

  // Who waits.

  left(delivery: Delivery): void {
    this.#drop(delivery);
    if (delivery.x === this.first) delivery.x.upstream = this.x.upstream;
    if (this.#deliveries.length > 0) this.#resume();
    else if (this.first !== undefined && !this.#hasEnded) this.#giveUp();
  }

  #drop(delivery: Delivery): void {
    const at = this.#deliveries.indexOf(delivery);
    if (at >= 0) this.#deliveries.splice(at, 1);
  }

  takeAll(): Delivery[] {
    const taken = this.#deliveries;
    this.#deliveries = [];
    for (const delivery of taken) if (!delivery.isBegun) delivery.leave();
    return taken;
  }

  release(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      delivery.leave();
      this.guarded(delivery.x, () => this.carriers.again(delivery.x, !this.isPast(delivery.x)));
    }
  }

  /** Nobody waits any more. */
  #giveUp(): void {
    this.#hasEnded = true;
    this.#holdUp?.end();
    this.x.breakOff("clientGone");
  }

  close(): void {
    this.carriers.closed(this);
  }

  /** What fails for one client is no matter of the others. */
  guarded(x: HttpExchange, work: () => void): void {
    try {
      work();
    } catch (error) {
      contain({ broke: (failure) => x.fail(failure) }, error);
    }
  }

  // The request has no body.

  readBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  leaveBody(): void {}
  readonly isBodyRead = true;
  readonly tunnel = undefined;
}
