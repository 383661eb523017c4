import type { Exchange, Expression, ForwardTarget, Slot, UpstreamRequest } from "../../exchange/exchange.ts";
import type { Copies, CopyEnd, CreateCopies } from "../../exchange/mirroring.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Living } from "../../life/living.ts";
import { MirrorCounts, type Unmirrored } from "./counts.ts";
import { type Dropped, drop } from "./drop.ts";

export interface MirrorConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  /** Value of the field that marks copies. */
  readonly mark: string;
  readonly service: ForwardTarget;
  /** From 0 to 1. */
  readonly share: number;
  readonly sticky: Expression<string> | null;
  /** Methods that are not safe are copied as well. */
  readonly anyMethod: boolean;
  readonly concurrency: number;
  readonly maxBody: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly strip: number;
  readonly prepend: string;
  readonly dropped: Dropped;
  readonly slot: Slot;
  readonly createCopies: CreateCopies;
  /** 32 bits of a text; absent without `sticky`. */
  readonly hash?: (text: string) => number;
}

/** Says that a request is a copy. What has it is not copied again. */
const markField = "X-Gatewright-Mirror";
const markName = "x-gatewright-mirror";

/** RFC 9110 §9.2.1, and QUERY, which says of itself that it is. */
const isSafe = (method: string): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "QUERY";

export const createMirror = (config: MirrorConfig): Mirror => new Mirror(config);

/** Decides which requests are copied, and what the copies leave out. Nothing of it is for the client to wait for. */
export class Mirror implements Living {
  readonly name: string;
  readonly required = false;
  readonly #config: MirrorConfig;
  protected readonly copies: Copies;
  readonly #counts = new MirrorCounts();
  readonly #salt: string;
  #inFlight = 0;
  #isDraining = false;

  constructor(config: MirrorConfig) {
    const { at, service, strip, prepend, maxBody, timeout, createCopies } = config;
    this.#config = config;
    this.name = `${at} mirror`;
    this.#salt = `${service.name} `;
    const change = (request: UpstreamRequest): void => this.#change(request);
    this.copies = createCopies({ service, strip, prepend, maxBody, timeout, change });
  }

  drain(): void {
    this.#isDraining = true;
  }

  stop(): void {
    this.copies.end();
  }

  request(x: Exchange): void {
    const { anyMethod, slot } = this.#config;
    if ((!anyMethod && !isSafe(x.method)) || !this.#picks(x)) return;
    const reason = this.#reasonAgainst(x);
    if (reason !== undefined) {
      this.#counts.of(x.operation.id).unmirrored[reason]++;
      return;
    }
    this.#inFlight++;
    x.slots[slot] = this.copied(x);
  }

  /** Told when the exchange is over. */
  protected copied(x: Exchange): { leave(x: Exchange): void } {
    return this.copies.begin(x, {
      ended: (end, status, note) => {
        this.count(x, end, status);
        this.over();
        note();
      },
    });
  }

  protected count({ operation }: Exchange, end: CopyEnd, status: number): void {
    const counts = this.#counts.of(operation.id);
    if (end === "body" || end === "memory" || end === "unfinished") counts.unmirrored[end]++;
    else counts.ended(end, status);
  }

  /** Of one that was in flight, nothing is left. */
  protected over(): void {
    this.#inFlight--;
  }

  done(x: Exchange): void {
    // Set by this instance alone.
    (x.slots[this.#config.slot] as { leave(x: Exchange): void } | undefined)?.leave(x);
  }

  #picks(x: Exchange): boolean {
    const { share, sticky, hash } = this.#config;
    if (sticky === null) return share === 1 || Math.random() < share;
    const user = valueOf(sticky, x);
    return user !== undefined && user !== "" && hash!(this.#salt + user) < share * 2 ** 32;
  }

  #reasonAgainst(x: Exchange): Unmirrored | undefined {
    if (x.headers.has(markName)) return "marked";
    if (x.upgrade !== "") return "upgrade";
    if (this.#isDraining) return "draining";
    return this.#inFlight >= this.#config.concurrency ? "busy" : undefined;
  }

  #change(request: UpstreamRequest): void {
    const { dropped, mark } = this.#config;
    drop(request, dropped);
    request.host = undefined;
    request.headers.set(markField, mark);
  }

  state(): Json {
    return { service: this.#config.service.name, inFlight: this.#inFlight };
  }

  metrics(): readonly MetricFamily[] {
    return this.#counts.families(this.#config.service.name);
  }
}
