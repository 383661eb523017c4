import { refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { type Timer, timers } from "../../life/timers.ts";
import { label } from "../../metrics/label.ts";

export interface BrownoutConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  readonly status: 410 | 503;
  /** Begin and end of each window alternating, in milliseconds since the epoch; in order, and none in another. */
  readonly edges: readonly number[];
}

/** Where the options do not ask for 503. */
const brownout = {
  status: 410,
  slug: "brownout",
  title: "This ends soon, and is switched off for a while so that who still calls it notices",
  source: "brownout",
};

export const createBrownout = (config: BrownoutConfig): Brownout => new Brownout(config);

/** The longest sleep: the clock of the machine may be turned meanwhile. */
const longestSleep = 60_000;

/** Refuses what is about to end, for a while and as announced. */
class Brownout implements Living {
  readonly name: string;
  readonly required = false;
  readonly #status: BrownoutConfig["status"];
  readonly #edges: readonly number[];
  /** How many edges lie behind; an odd number: a window is open. Right for times in [`#from`, `#to`). */
  #passed = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  /** Refused requests by operation. */
  readonly #refused = new Map<string, number>();

  constructor({ at, status, edges }: BrownoutConfig) {
    this.name = `${at} brownout`;
    this.#status = status;
    this.#edges = edges;
  }

  request(x: Exchange): boolean {
    const end = this.#openUntil(clock.wall());
    if (end === undefined) return false;
    const { id } = x.operation;
    this.#refused.set(id, (this.#refused.get(id) ?? 0) + 1);
    const left = end - clock.wall();
    return refuse(x, {
      ...brownout,
      status: this.#status,
      members: { until: textOf(end) },
      headers: [
        ...(this.#status === 503 ? ["Retry-After", String(Math.max(1, Math.ceil(left / 1000)))] : []),
        // Of 410 any cache may keep an answer (RFC 9110 §15.5.11).
        ...["Cache-Control", "no-store"],
      ],
    });
  }

  /** When the window ends that is open at that time; undefined: none is. */
  #openUntil(now: number): number | undefined {
    if (now < this.#from || now >= this.#to) this.#settle(now);
    return this.#passed % 2 === 0 ? undefined : this.#to;
  }

  #settle(now: number): void {
    const passed = this.#edges.findIndex((edge) => edge > now);
    this.#passed = passed < 0 ? this.#edges.length : passed;
    this.#from = this.#edges[this.#passed - 1] ?? Number.NEGATIVE_INFINITY;
    this.#to = this.#edges[this.#passed] ?? Number.POSITIVE_INFINITY;
  }

  /** One process of the group tells of what all of them do. */
  own({ log, signal }: Life): void {
    const watcher = logged("a watch over brown-outs");
    let told: number | undefined;
    let timer: Timer | undefined;
    const watch = (): void => {
      const end = this.#openUntil(clock.wall());
      if (end !== undefined && end !== told) log.write("warning", "a brown-out has begun", { until: textOf(end) });
      if (end === undefined && told !== undefined) log.write("info", "the brown-out is over", this.#next());
      told = end;
      timer = this.#isOver ? undefined : timers.after(this.#sleep(), watcher, watch);
    };
    if (!this.#isOver) log.write("info", "brown-outs are planned", this.#next());
    watch();
    signal.addEventListener(
      "abort",
      contained(watcher, () => timer?.cancel()),
      { once: true },
    );
  }

  get #isOver(): boolean {
    return clock.wall() >= this.#edges.at(-1)!;
  }

  #sleep(): number {
    const now = clock.wall();
    this.#openUntil(now);
    return Math.min(longestSleep, Math.max(1, this.#to - now));
  }

  /** The next window that begins; nothing where there is none. */
  #next(): { readonly next?: string; readonly nextUntil?: string } {
    const now = clock.wall();
    const at = this.#edges.findIndex((edge, index) => index % 2 === 0 && edge > now);
    return at < 0 ? {} : { next: textOf(this.#edges[at]!), nextUntil: textOf(this.#edges[at + 1]!) };
  }

  state(): Json {
    const end = this.#openUntil(clock.wall());
    return {
      ...(end === undefined ? {} : { openUntil: textOf(end) }),
      ...this.#next(),
      refused: [...this.#refused.values()].reduce((sum, count) => sum + count, 0),
    };
  }

  metrics(): readonly MetricFamily[] {
    return [
      {
        name: "gatewright_brownout_refused_total",
        help: "Requests that brownout has refused.",
        type: "counter",
        samples: [...this.#refused].map(([operation, value]) => ({ labels: label("operation", operation), value })),
      },
    ];
  }
}

const textOf = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
