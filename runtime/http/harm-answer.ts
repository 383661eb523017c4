import type { AnswerHarm, Harm } from "../exchange/answer-harm.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { HeaderList } from "../fields/header-list.ts";
import { Piece } from "../http1/read-buffer.ts";
import type { Contained } from "../life/boundary.ts";
import { type Timer, timers } from "../life/timers.ts";
import { ClientFront } from "./client-front.ts";
import type { ClientTransport } from "./client-transport.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** Milliseconds between the parts of a slow body, as far as a part has a byte then. */
const shortestPause = 50;

/** Milliseconds until a client that does not read is tried with one byte more. */
const untilNextTry = 1_000;

/** So often; a client that read nothing meanwhile has left. */
const mostTries = 60;

/** Milliseconds in which what was sent has left, before it is followed by a reset: that would overtake it. */
const leaving = 20;

/** Puts itself between the exchange and its client: whoever makes the answer, it is harmed. */
export function harmAnswer(exchange: Exchange, harm: AnswerHarm): Harm {
  // Every exchange of a running gateway is made by the server beside this file.
  const x = exchange as HttpExchange;
  const client = new HarmedClient(x, x.client, harm);
  x.client = client;
  return client;
}

/** A client to whom the body of the answer is sent slowly, or in part. */
class HarmedClient extends ClientFront implements Harm, Contained {
  readonly #x: HttpExchange;
  readonly #onReset: () => void;
  /** Bytes in each part, and milliseconds between them. Infinite: as they come. */
  #part: number;
  readonly #pause: number;
  /** Bytes that may be sent before the next pause. */
  #allowed: number;
  #untilReset: number;
  #isReset = false;
  /** What waits to be sent; the service is not read meanwhile, so that it is what one read brought. */
  readonly #waiting: Buffer[] = [];
  /** The answer ends behind what waits. */
  #ending: { readonly trailers: HeaderList | undefined } | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #tries = 0;

  constructor(x: HttpExchange, client: ClientTransport, { bytesPerSecond, resetAfter, onReset }: AnswerHarm) {
    super(client);
    this.#x = x;
    this.#onReset = onReset;
    this.#part = bytesPerSecond === null ? Number.POSITIVE_INFINITY : Math.ceil((bytesPerSecond * shortestPause) / 1000);
    this.#pause = bytesPerSecond === null ? 0 : (this.#part * 1000) / bytesPerSecond;
    this.#allowed = this.#part;
    this.#untilReset = resetAfter ?? Number.POSITIVE_INFINITY;
  }

  // The answer.

  override sendBody(piece: Piece): boolean {
    if (this.#isReset) return false;
    if (this.#waiting.length === 0 && this.#allowed === Number.POSITIVE_INFINITY && piece.length <= this.#untilReset) {
      this.#untilReset -= piece.length;
      return this.client.sendBody(piece);
    }
    // Bytes that were read into a buffer which is read into again.
    this.#waiting.push(piece.held());
    this.#send();
    return this.#waiting.length === 0 && this.#timer === undefined;
  }

  override sendEnd(trailers: HeaderList | undefined): void {
    if (this.#isReset) return;
    if (this.#waiting.length === 0) this.client.sendEnd(trailers);
    else this.#ending = { trailers };
  }

  override flush(): void {
    this.client.flush();
  }

  /** As much of what waits as may be sent now. */
  #send(): void {
    const waiting = this.#waiting;
    let isFull = false;
    while (waiting.length > 0 && this.#allowed > 0 && !isFull) {
      if (this.#untilReset === 0) {
        this.#reset();
        return;
      }
      const first = waiting[0]!;
      const length = Math.min(first.length, this.#allowed, this.#untilReset);
      if (length === first.length) waiting.shift();
      else waiting[0] = first.subarray(length);
      this.#allowed -= length;
      this.#untilReset -= length;
      const hasRoom = this.client.sendBody(new Piece(first, 0, length, undefined));
      this.client.flush();
      // Whoever ends the harm wants everything to leave.
      isFull = !hasRoom && this.#part !== Number.POSITIVE_INFINITY;
    }
    if (!isFull) this.#tries = 0;
    if (waiting.length > 0 || isFull) this.#later(isFull);
    else if (this.#ending !== undefined) this.#end(this.#ending.trailers);
  }

  #later(isFull: boolean): void {
    if (this.#timer !== undefined) return;
    if (isFull && ++this.#tries > mostTries) {
      this.#x.breakOff("clientGone");
      return;
    }
    // Nobody here is told when the client has caught up: it is tried with a byte.
    const allowed = isFull ? 1 : this.#part;
    this.#timer = timers.after(isFull ? untilNextTry : this.#pause, this, () => {
      this.#timer = undefined;
      this.#allowed = allowed;
      this.#goOn();
    });
  }

  #goOn(): void {
    if (this.#x.isDone || this.#isReset) return;
    const hadMore = this.#waiting.length > 0;
    this.#send();
    // The service may go on; where the client has no room, that tells the service itself when it has.
    if (hadMore && this.#waiting.length === 0 && this.#timer === undefined) this.#x.pending?.drained();
  }

  #end(trailers: HeaderList | undefined): void {
    this.#ending = undefined;
    this.client.sendEnd(trailers);
    this.client.flush();
  }

  #reset(): void {
    this.#isReset = true;
    this.#waiting.length = 0;
    this.#onReset();
    this.#timer?.cancel();
    this.#timer = timers.after(leaving, this, () => {
      if (!this.#x.isDone) this.#x.breakOff("refused");
    });
  }

  end(): void {
    if (this.#isReset && !this.#x.isDone) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#part = Number.POSITIVE_INFINITY;
    this.#allowed = Number.POSITIVE_INFINITY;
    if (this.#x.isDone) this.#waiting.length = 0;
    else this.#goOn();
  }

  broke(error: unknown): void {
    this.#x.fail(error);
  }
}
