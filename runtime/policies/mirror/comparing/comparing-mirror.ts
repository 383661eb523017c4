import type { AnswerHooks, AnswerStream } from "../../../exchange/answer-hooks.ts";
import type { Exchange } from "../../../exchange/exchange.ts";
import type { Copies, CopyEnd, CopyReader } from "../../../exchange/mirroring.ts";
import type { MetricFamily } from "../../../gateway/metrics.ts";
import { contained } from "../../../life/boundary.ts";
import type { Json } from "../../../life/json.ts";
import { writeEvent } from "../../../log/log.ts";
import { Mirror, type MirrorConfig } from "../index.ts";
import { type CompareConfig, compareAnswers, type Differences } from "./compare-answers.ts";
import { ComparisonCounts } from "./counts.ts";
import { Pair, type PairConfig, type PairListener, type Uncompared } from "./pair.ts";
import { pointerOf } from "./pointer.ts";
import type { ShownValues } from "./shown-values.ts";

export interface ComparingMirrorConfig extends MirrorConfig {
  /** Name of the operation's own service. */
  readonly own: string;
  readonly compare: CompareConfig;
  /** Share of the pairs that differ of which there is a line, from 0 to 1. */
  readonly logged: number;
  /** Absent: lines have no values. */
  readonly values?: ShownValues;
}

export const createComparingMirror = (config: ComparingMirrorConfig): ComparingMirror => new ComparingMirror(config);

/** Compares the answers to copies with those that clients get, one pair at a time, when nobody waits for it. */
class ComparingMirror extends Mirror implements AnswerHooks, PairListener {
  readonly #config: ComparingMirrorConfig;
  readonly #pairs: PairConfig;
  readonly #compared = new ComparisonCounts();
  readonly #complete: Pair[] = [];

  constructor(config: ComparingMirrorConfig) {
    super(config);
    this.#config = config;
    this.#pairs = { ...config.compare, mirror: config.service.name, patience: config.timeout };
  }

  protected override copied(x: Exchange): Pair {
    const pair = new Pair(x, x.target?.name ?? this.#config.own, this.#pairs, this);
    // Made by `createReadCopies`.
    pair.copy = (this.copies as Copies<CopyReader>).begin(x, pair);
    return pair;
  }

  answerHead(x: Exchange): undefined {
    this.#pairOf(x)?.ownHead(x);
  }

  answerStream(x: Exchange): AnswerStream | undefined {
    return this.#pairOf(x)?.ownBody();
  }

  #pairOf(x: Exchange): Pair | undefined {
    // Set by this instance alone.
    return x.slots[this.#config.slot] as Pair | undefined;
  }

  copyEnded({ x }: Pair, end: CopyEnd, status: number): void {
    this.count(x, end, status);
  }

  override over(): void {
    super.over();
  }

  uncompared({ x }: Pair, reason: Uncompared): void {
    this.#compared.uncompared(x.operation.id, reason);
  }

  /** One in each turn: what there is to do for clients comes in between. */
  complete(pair: Pair): void {
    this.#complete.push(pair);
    if (this.#complete.length === 1) this.#lookSoon(pair);
  }

  #lookSoon(pair: Pair): void {
    setImmediate(
      contained(pair, () => {
        this.#complete.shift();
        const [next] = this.#complete;
        if (next !== undefined) this.#lookSoon(next);
        this.#look(pair);
      }),
    );
  }

  #look(pair: Pair): void {
    const found = compareAnswers(pair.own, pair.other, this.#config.compare);
    if (typeof found === "string") {
      pair.unfit(found);
      return;
    }
    this.#compared.compared(pair.x.operation.id, found.kinds);
    pair.compared(found.kinds);
    if (found.kinds.length > 0 && Math.random() < this.#config.logged) this.#log(pair.x, found);
  }

  #log(x: Exchange, { kinds, place }: Differences): void {
    const { id } = x.operation;
    const { values, service } = this.#config;
    writeEvent(
      "info",
      "the mirror answered differently",
      {
        operation: id,
        service: service.name,
        method: x.method,
        kinds: kinds.join(", "),
        place: pointerOf(place!),
        ...values?.of(place!),
        ...(x.requestId === "" ? {} : { requestId: x.requestId }),
        ...(x.trace === undefined ? {} : { traceId: x.trace.traceId }),
      },
      `${id} ${service.name}`,
    );
  }

  override state(): Json {
    // As the mirror without comparing has it.
    return { ...(super.state() as { readonly [key: string]: Json }), answers: this.#compared.sums() };
  }

  override metrics(): readonly MetricFamily[] {
    return [...super.metrics(), ...this.#compared.families(this.#config.service.name)];
  }
}
