import type { Log } from "../log/log.ts";
import { type Contained, contain, contained } from "./boundary.ts";
import { createLife } from "./create-life.ts";
import { createEnding } from "./ending.ts";
import type { Json } from "./json.ts";
import type { Living, Readiness } from "./living.ts";
import { messageOf } from "./message-of.ts";
import type { HandedOver, Seat } from "./seat.ts";
import { StartError } from "./start-error.ts";
import { Tenure } from "./tenure.ts";
import { withDeadline } from "./with-deadline.ts";

/** Milliseconds that a thing gets to start which the gateway does not serve without. */
const longestStart = 30_000;

/** As in sysexits.h: 69 for something that is not to be had. */
const unavailable = 69;

/** One living thing in a process that serves. */
export class Resident implements Contained {
  readonly thing: Living;
  readonly #seat: Seat;
  readonly #log: Log;
  readonly #over = createEnding();
  #state: "waiting" | "starting" | "started" | "failed" | "stopped" = "waiting";
  #why = "";
  #isNamed = false;
  #tenure: Tenure | undefined = undefined;

  constructor(thing: Living, seat: Seat, log: Log) {
    this.thing = thing;
    this.#seat = seat;
    this.#log = log;
  }

  get #hasStarted(): boolean {
    return this.#state === "started";
  }

  get isOwner(): boolean {
    return this.#tenure !== undefined;
  }

  adopt({ schema, state }: HandedOver): void {
    if (this.thing.schema !== schema || this.thing.adopt === undefined) {
      this.#log.write("info", "what the process before handed over is of another shape, and is not used");
      return;
    }
    try {
      this.thing.adopt(state);
    } catch (error) {
      this.#log.write("warning", "what the process before handed over could not be read", { reason: messageOf(error) });
    }
  }

  /** Resolves at once for a thing that may start beside the gateway. Throws a `StartError` for one that may not. */
  async start(): Promise<void> {
    this.#state = "starting";
    const started = this.#start();
    if (this.#isNamed) this.begin();
    if (!this.thing.required) return;
    await withDeadline(started, longestStart, this, this.#over.signal);
    if (this.#hasStarted) return;
    this.#why ||= this.#over.signal.aborted ? "the gateway was told to stop" : `not within ${longestStart / 1000} s`;
    throw new StartError(
      `${this.thing.name} did not start, and the gateway does not serve without it: ${this.#why}`,
      unavailable,
    );
  }

  async #start(): Promise<void> {
    try {
      await this.thing.start?.(createLife(this.#seat, this.#log, this.#over.signal));
      if (this.#state === "starting") this.#state = "started";
    } catch (error) {
      this.#why = messageOf(error);
      if (this.#state !== "starting") return;
      this.#state = "failed";
      if (!this.thing.required) this.#log.write("error", "a part of the gateway did not start", { reason: this.#why });
    }
  }

  /** This process does its work from now on; not before its start was begun, so that it finds what that made. */
  begin(): void {
    this.#isNamed = true;
    if (this.#state === "waiting" || this.#state === "stopped") return;
    this.#tenure ??= new Tenure(this.thing, this.#seat, this.#log);
  }

  end(): void {
    this.#isNamed = false;
    this.#tenure?.end();
    this.#tenure = undefined;
  }

  readiness(): Readiness {
    if (this.#state === "waiting") return { ready: false, why: "has not started yet" };
    if (this.thing.required && this.#state === "starting") return { ready: false, why: "is starting" };
    try {
      return this.thing.readiness?.() ?? { ready: true };
    } catch (error) {
      contain(this, error);
      return { ready: false, why: "cannot say whether it is ready" };
    }
  }

  /** Why its start failed, if it did; the gateway serves all the same where `readiness` does not object. */
  get failure(): string | undefined {
    return this.#state === "failed" ? `did not start: ${this.#why}` : undefined;
  }

  state(): Json | undefined {
    return this.asked("state", () => this.thing.state?.());
  }

  handOver(): Json | undefined {
    return this.thing.schema === undefined ? undefined : this.asked("handOver", () => this.thing.handOver?.());
  }

  /** What the thing says, or undefined where it fails to. */
  asked<Answer>(what: string, ask: () => Answer | undefined): Answer | undefined {
    try {
      return ask();
    } catch (error) {
      this.#log.write("error", "a part of the gateway failed to answer", { asked: what, reason: messageOf(error) });
      return undefined;
    }
  }

  readonly drain = contained(this, (): void => this.thing.drain?.());

  /** Resolves also where it fails. */
  async stop(): Promise<void> {
    const wasStarted = this.#state !== "waiting" && this.#state !== "stopped";
    this.#state = "stopped";
    this.end();
    this.#over.abort();
    try {
      if (wasStarted) await this.thing.stop?.();
    } catch (error) {
      this.broke(error);
    }
  }

  broke(error: unknown): void {
    this.#log.write("error", "a part of the gateway failed", { reason: messageOf(error) });
  }
}
