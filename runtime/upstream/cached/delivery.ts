import type { AnswerPacker, Packed, ServedAnswer } from "../../caching/answer-cache.ts";
import type { Answer, Wait } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { openHold } from "../../http/body-hold.ts";
import type { Cancellable } from "../../http/client-transport.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import { Piece } from "../../http1/read-buffer.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Deadlines, Expiring } from "../deadlines.ts";
import type { AnswerOutlet, openWayBack } from "../way-back/way-back.ts";
import { takes } from "./taking.ts";

/** Linked where an operation has steps on the way back of answers. */
export type OpenWayBack = typeof openWayBack;

/** Where the bytes of an answer come from that is still under way. */
export interface Source {
  /** The client takes more. */
  goesOn(delivery: Delivery): void;
  /** The client needs nothing more. */
  left(delivery: Delivery): void;
}

/**
 * An answer that is kept, or is being fetched, on its way to one client: through the steps that run again for each of them.
 */
export class Delivery implements AnswerOutlet, Cancellable, Expiring {
  isOver = false;
  /** Pieces of the source that it has had. */
  taken = 0;
  /** The client, or a step that it waits for, takes nothing more for now. */
  isHeldUp = false;
  /** Its answer has begun. */
  isBegun = false;
  /** For what another one fetches, where somebody wants to know how long. */
  wait: Wait | undefined = undefined;
  deadline = Number.POSITIVE_INFINITY;
  deadlineIndex = -1;
  #deadlines: Deadlines | undefined = undefined;
  readonly x: HttpExchange;
  readonly #open: OpenWayBack | undefined;
  readonly #source: Source | undefined;

  constructor(x: HttpExchange, open: OpenWayBack | undefined, source: Source | undefined) {
    this.x = x;
    this.#open = open;
    this.#source = source;
    x.pending = this;
  }

  /** Its client may have less time than the one whose request it waits for. */
  expiresIn(deadlines: Deadlines): void {
    this.deadline = this.x.time?.endOf(this.x) ?? Number.POSITIVE_INFINITY;
    if (this.deadline === Number.POSITIVE_INFINITY) return;
    this.#deadlines = deadlines;
    deadlines.add(this, clock.monotonic());
  }

  expire(): void {
    const { x } = this;
    if (this.isOver) return;
    this.cancel();
    // A record of its own: the service may go on for others.
    if (x.upstream !== undefined) x.upstream = { ...x.upstream, error: "deadline" };
    if (x.hasHead) return x.breakOff("refused");
    x.time!.refuse(x);
    x.sendAnswer();
  }

  /** `length`: that of the body; -1: not known. */
  begin(answer: Answer, length: number): void {
    const { x } = this;
    this.isBegun = true;
    this.endWait();
    x.answer = answer;
    if (this.#open === undefined) return this.passHead(length);
    this.#open(x, undefined, "behind");
    x.wayBack!.head(this, length);
  }

  add(bytes: Buffer): void {
    const piece = new Piece(bytes, 0, bytes.length, undefined);
    const { wayBack } = this.x;
    if (wayBack === undefined) this.passPiece(piece);
    else wayBack.piece(piece);
  }

  /** Nothing more has come for now. */
  batch(): void {
    if (this.isOver) return;
    this.x.wayBack?.batch();
    this.x.client.flush();
  }

  end(trailers: HeaderList | undefined): void {
    const { wayBack } = this.x;
    if (wayBack === undefined) this.passEnd(trailers);
    else wayBack.finish(trailers);
  }

  /** The source has broken off in the middle. */
  breakOff(): void {
    if (this.isOver) return;
    this.#settle();
    this.x.breakOff("upstreamBroken");
  }

  /** Its client holds up others. */
  cutOff(): void {
    if (this.isOver) return;
    this.#settle();
    this.x.breakOff("refused");
  }

  passHead(length: number): void {
    const { x } = this;
    const answer = x.answer!;
    if (!x.settleAnswer()) return this.cancel();
    const isBodiless = answer.status === 204 || answer.status === 304;
    if (!x.sendHead(answer, isBodiless ? "none" : length < 0 ? "unknown" : length)) this.cancel();
  }

  passPiece(piece: Piece): void {
    this.x.bytesSent += piece.length;
    if (!this.x.client.sendBody(piece)) this.isHeldUp = true;
  }

  passEnd(trailers: HeaderList | undefined): void {
    const { client } = this.x;
    this.#settle();
    client.sendEnd(trailers);
    client.flush();
  }

  stop(): void {
    const { x } = this;
    if (this.isOver) return;
    this.cancel();
    if (x.hasHead) x.breakOff("refused");
    else x.sendAnswer();
  }

  pauseAnswer(): void {
    this.isHeldUp = true;
  }

  resumeAnswer(): void {
    this.x.client.flush();
    this.drained();
  }

  drained(): void {
    this.isHeldUp = false;
    if (!this.isOver) this.#source?.goesOn(this);
  }

  cancel(): void {
    if (this.isOver) return;
    this.#settle();
    this.#source?.left(this);
  }

  /** It gets its answer from elsewhere. */
  leave(): void {
    this.#settle();
  }

  broke(error: unknown): void {
    this.cancel();
    this.x.fail(error);
  }

  endWait(): void {
    if (this.wait === undefined) return;
    this.wait.endedAt = clock.monotonic();
    this.wait = undefined;
  }

  #settle(): void {
    this.isOver = true;
    this.endWait();
    this.#deadlines?.remove(this);
    if (this.x.pending === this) this.x.pending = undefined;
  }
}

/** Sends an answer that is there as a whole. `packer`: see `forwardCached`. */
export function deliver(
  x: HttpExchange,
  served: ServedAnswer,
  open: OpenWayBack | undefined,
  packer: AnswerPacker | undefined,
): void {
  const packed = packer === undefined ? undefined : packer.packed(x, served, openHold);
  if (!(packed instanceof Promise)) return sendKept(x, served, packed, open);
  const onPacked = contained(failing(x), (late: Packed): void => sendKept(x, served, late, open));
  void packed.then(onPacked);
}

/** `packed`: what the client gets of it. */
function sendKept(x: HttpExchange, served: ServedAnswer, packed: Packed, open: OpenWayBack | undefined): void {
  // It may have left in the meantime.
  if (x.isDone) return;
  if (open === undefined || packed !== undefined) {
    const whole = packed ?? served;
    x.answer = whole;
    x.sendAnswer();
    if (whole.kept !== undefined) takes(x, whole.kept);
    return;
  }
  const { status, headers, body, source } = served;
  // Steps on the way back see it as if the service sent it, and that says its length.
  if (body.length > 0 && !headers.has("content-length")) headers.set("Content-Length", String(body.length));
  const slices = new Slices(x.method === "HEAD" ? body.subarray(0, 0) : body);
  const delivery = new Delivery(x, open, slices);
  delivery.begin({ status, headers, body: undefined, source }, body.length);
  slices.goesOn(delivery);
  if (served.kept !== undefined) takes(x, served.kept);
}

/** Bytes of a kept answer that pass the steps in one go: what is done to more of them would hold up all others. */
const sliceBytes = 65_536;

/** A body that is there as a whole, on its way to one client. */
class Slices implements Source {
  #left: Buffer;
  #isWaiting = false;

  constructor(body: Buffer) {
    this.#left = body;
  }

  goesOn(delivery: Delivery): void {
    if (this.#isWaiting || delivery.isHeldUp || delivery.isOver) return;
    const slice = this.#left.subarray(0, sliceBytes);
    this.#left = this.#left.subarray(slice.length);
    if (slice.length > 0) delivery.add(slice);
    if (delivery.isOver) return;
    if (this.#left.length === 0) return delivery.end(undefined);
    delivery.batch();
    this.#isWaiting = true;
    const onTurn = contained(delivery, (): void => {
      this.#isWaiting = false;
      this.goesOn(delivery);
    });
    setImmediate(onTurn);
  }

  left(): void {}
}

const failing = (x: HttpExchange): Contained => ({ broke: (error) => x.fail(error) });
