// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { type Problem, refuse } from "../../answers/problem.ts";
import type { AnswerBody, AnswerHooks, AnswerInterest } from "../../exchange/answer-hooks.ts";
import type { Exchange, Slot, UpstreamRequest } from "../../exchange/exchange.ts";
import type { OutliveClient } from "../../exchange/outlive-client.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import type { Claimed, Claims, ClaimsIn } from "../../stores/claims.ts";
import { isFailed, type Store } from "../../stores/store.ts";
import { keptHead, readAnswer, writeAnswer } from "./kept-answer.ts";
import { KeyCounts } from "./key-counts.ts";
import { lease, OpenClaim, OpenClaims } from "./open-claims.ts";
import * as problems from "./problems.ts";
import { isRandomUuid, readKey } from "./read-key.ts";
import { callerOf, claimKey, fingerprint } from "./request-marks.ts";

export interface IdempotencyConfig {
  /** Unique in the gateway: `orders.v1.createOrder idempotency`. */
  readonly name: string;
  /** Name of the operation, for figures. */
  readonly operation: string;
  readonly store: Store;
  readonly claims: ClaimsIn;
  /** Milliseconds for which a key is known behind its answer. */
  readonly ttlMs: number;
  /** A request without a key is refused. */
  readonly isRequired: boolean;
  /** Bytes of a request body at most: it is held until the service answers. */
  readonly maxBody: number;
  /** Bytes of an answer that is kept at most. */
  readonly maxAnswer: number;
  /** Fields that are part of what a request asks for; names in lower case. */
  readonly headers: readonly string[];
  /** Fields with credentials that only the service can verify; names in lower case. */
  readonly credentials: readonly string[];
  /** It does no harm if the service gets a request twice. */
  readonly mayResend: boolean;
  /** Requests pass unguarded while the store does not answer. */
  readonly allowsOnFailure: boolean;
  readonly outliveClient: OutliveClient;
  readonly slot: Slot;
}

export const createIdempotency = (config: IdempotencyConfig): Idempotency => new Idempotency(config);

/** Sees to it that a request with an `Idempotency-Key` is carried out once, and answered alike each time. */
export class Idempotency implements AnswerHooks, Living {
  readonly name: string;
  readonly required = false;
  readonly #config: IdempotencyConfig;
  readonly #claims: Claims;
  readonly #open: OpenClaims;
  readonly #counts: KeyCounts;

  constructor(config: IdempotencyConfig) {
    this.name = config.name;
    this.#config = config;
    this.#claims = config.claims.open(config.store, "idempotency");
    this.#open = new OpenClaims(this.#claims, config.ttlMs);
    this.#counts = new KeyCounts(config.operation);
  }

  start(life: Life): void {
    this.#open.start(life);
  }

  stop(): Promise<void> {
    return this.#open.stop();
  }

  metrics(): readonly MetricFamily[] {
    return this.#counts.metrics();
  }

  request(x: Exchange): boolean | Promise<boolean> {
    const sent = x.headers.single("idempotency-key");
    if (sent === undefined) return this.#config.isRequired && this.#refuse(x, "missing", problems.keyMissing);
    // Of several fields nobody knows which one counts.
    const key = sent === null ? undefined : readKey(sent);
    if (key === undefined) return this.#refuse(x, "malformed", problems.badKey);
    const caller = callerOf(x);
    if (caller === undefined && !isRandomUuid(key)) return this.#refuse(x, "malformed", problems.weakKey);
    return this.#guard(x, key, caller);
  }

  async #guard(x: Exchange, key: string, caller: string | undefined): Promise<boolean> {
    const { maxBody, headers, credentials, ttlMs, mayResend, allowsOnFailure, outliveClient, slot } = this.#config;
    const body = x.hasBody ? await x.readBody(maxBody) : new Uint8Array();
    // 413 is the answer, or the client is gone.
    if (body === undefined) return true;
    const mark = fingerprint(x, body, headers, credentials, caller === undefined);
    const work = { owner: crypto.randomUUID(), mark };
    const full = claimKey(x, caller, key);
    const claimed = await this.#claims.claim(full, work, { lease, span: ttlMs }, mayResend);
    if (isFailed(claimed)) {
      // The store may have done it all the same.
      this.#open.release(this.#open.begin(full, work));
      this.#counts.add("unavailable");
      return !allowsOnFailure && refuse(x, problems.unavailable);
    }
    if (claimed.state !== "mine") return this.#answer(x, claimed, mark);
    const claim = this.#open.begin(full, work);
    // Its client has left meanwhile: nothing is sent.
    if (x.isDone) {
      this.#open.release(claim);
      return true;
    }
    this.#counts.add("first");
    x.slots[slot] = claim;
    outliveClient(x);
    return false;
  }

  #answer(x: Exchange, claimed: Exclude<Claimed, { readonly state: "mine" }>, mark: string): true {
    if (claimed.mark !== mark) return this.#refuse(x, "mismatch", problems.otherRequest);
    if (claimed.state === "held") return this.#refuse(x, "conflict", problems.inProgress);
    if (claimed.state === "lost") return this.#refuse(x, "unknown", problems.resultUnknown);
    const answer = readAnswer(claimed.result, problems.source);
    if (answer === undefined) return this.#refuse(x, "notKept", problems.answerNotKept);
    this.#counts.add("replayed");
    x.answer = answer;
    return true;
  }

  #refuse(x: Exchange, outcome: Parameters<KeyCounts["add"]>[0], problem: Problem): true {
    this.#counts.add(outcome);
    return refuse(x, problem);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    if (this.#claimOf(x) === undefined) return;
    // Who asks again may accept other codings.
    upstream.headers.delete("accept-encoding");
    upstream.headers.add("Accept-Encoding", "identity");
  }

  answerHead(x: Exchange): AnswerInterest {
    const claim = this.#claimOf(x);
    if (claim === undefined) return undefined;
    const answer = x.answer!;
    if (answer.status >= 500 || answer.status === 429) {
      this.#open.release(claim);
      return undefined;
    }
    claim.head = keptHead(answer);
    return { as: "seen", maxBytes: this.#config.maxAnswer, isOptional: true };
  }

  answerBody(x: Exchange, body: AnswerBody): undefined {
    const claim = this.#claimOf(x);
    if (claim?.head === undefined) return;
    const bytes = body === "none" ? new Uint8Array() : typeof body === "string" ? undefined : body.bytes;
    const short = writeAnswer(claim.head, undefined);
    this.#open.keep(claim, bytes === undefined ? short : writeAnswer(claim.head, bytes), short);
  }

  done(x: Exchange): void {
    const claim = this.#claimOf(x);
    if (claim === undefined || claim.end !== undefined) return;
    const attempts = x.upstream?.attempts ?? [];
    if (!attempts.some(({ hasArrived }) => hasArrived)) this.#open.release(claim);
    else if (claim.head !== undefined && attempts.at(-1)!.error === "" && x.answer?.source === "service") {
      // The client has it as a whole, and there was no memory to hold it.
      const short = writeAnswer(claim.head, undefined);
      this.#open.keep(claim, short, short);
    } else {
      this.#counts.add("lost");
      this.#open.lose(claim);
    }
  }

  #claimOf(x: Exchange): OpenClaim | undefined {
    const claim = x.slots[this.#config.slot];
    return claim instanceof OpenClaim ? claim : undefined;
  }
}
