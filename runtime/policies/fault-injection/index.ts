import { refuse } from "../../answers/problem.ts";
import type { Harm, HarmAnswer, ResetClient } from "../../exchange/answer-harm.ts";
import type { Exchange, Expression, Slot } from "../../exchange/exchange.ts";
import { holds } from "../../expressions/holds.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { label } from "../../metrics/label.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { type Delay, Delays } from "./delays.ts";

export interface FaultInjectionConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  /** What the gateway calls itself in `Proxy-Status`. */
  readonly gateway: string;
  readonly rules: readonly FaultRule[];
  readonly maxDelayed: number;
  readonly seed: number | null;
  readonly slot: Slot;
  /** Absent where no rule needs it. */
  readonly harmAnswer?: HarmAnswer;
  readonly resetClient?: ResetClient;
}

export interface FaultRule {
  /** As an operator knows it: `10% delay 200ms`. */
  readonly summary: string;
  readonly when: Expression<boolean> | null;
  /** From 0 to 1. */
  readonly share: number;
  readonly delay: { readonly minMs: number; readonly maxMs: number } | null;
  /** A status, or `reset`. */
  readonly abort: number | "reset" | null;
  readonly bytesPerSecond: number | null;
  readonly resetAfter: number | null;
}

/** Kinds of faults, as their options are called; `reset` is `abort: reset`. */
const kinds = ["delay", "abort", "reset", "slowBody", "resetAfter"] as const;
type Kind = (typeof kinds)[number];

/** Mostly with this status. */
const failure = {
  status: 503,
  slug: "fault-injected",
  title: "The gateway was told to fail this request",
  source: "faultInjection",
};

export const createFaultInjection = (config: FaultInjectionConfig): FaultInjection => new FaultInjection(config);

/** Harms requests on purpose. What it does to one is over when its client leaves, and hurries when the gateway drains. */
class FaultInjection implements Living {
  readonly name: string;
  readonly required = false;
  readonly #config: FaultInjectionConfig;
  readonly #chance: Chance;
  readonly #delays: Delays;
  /** Answers that are harmed. */
  readonly #harmed = new Set<Harm>();
  #isDraining = false;
  /** Faults by operation. */
  readonly #counts = new Map<string, Record<Kind, number>>();

  constructor(config: FaultInjectionConfig) {
    this.#config = config;
    this.name = `${config.at} faultInjection`;
    this.#chance = chanceOf(config.seed);
    this.#delays = new Delays(config.maxDelayed);
  }

  start({ log }: Life): void {
    const rules = this.#config.rules.map(({ summary }) => summary).join("; ");
    log.write("warning", "this gateway harms requests on purpose", { rules });
  }

  drain(): void {
    this.#isDraining = true;
    this.#delays.endAll();
    for (const harm of this.#harmed) harm.end();
  }

  request(x: Exchange): boolean | Promise<boolean> {
    const rule = this.#config.rules.find(
      ({ when, share }) => (when === null || holds(when, x)) && (share === 1 || this.#chance() < share),
    );
    if (rule === undefined) return false;
    const { delay } = rule;
    return delay === null || this.#isDraining ? this.#harm(x, rule) : this.#afterDelay(x, rule, delay);
  }

  #afterDelay(x: Exchange, rule: FaultRule, { minMs, maxMs }: NonNullable<FaultRule["delay"]>): boolean | Promise<boolean> {
    const milliseconds = minMs + Math.round(this.#chance() * (maxMs - minMs));
    const delay = this.#delays.begin(milliseconds);
    if (delay === undefined) return this.#harm(x, rule);
    this.#note(x, "delay", `delay ${milliseconds}ms`);
    x.slots[this.#config.slot] = delay;
    return this.#harmLater(x, rule, delay);
  }

  async #harmLater(x: Exchange, rule: FaultRule, { over }: Delay): Promise<boolean> {
    await over;
    // `done` has ended it: nobody waits for the answer any more.
    if (x.outcome !== "pending") return true;
    x.slots[this.#config.slot] = undefined;
    return this.#harm(x, rule);
  }

  #harm(x: Exchange, rule: FaultRule): boolean {
    const { abort, bytesPerSecond, resetAfter } = rule;
    if (abort === "reset") {
      this.#note(x, "reset", "reset");
      this.#config.resetClient!(x);
      return true;
    }
    if (abort !== null) {
      this.#note(x, "abort", "abort");
      return refuse(x, { ...failure, status: abort });
    }
    if (bytesPerSecond === null && resetAfter === null) return false;
    const harm = this.#config.harmAnswer!(x, {
      bytesPerSecond: this.#isDraining ? null : bytesPerSecond,
      resetAfter,
      onReset: () => this.#note(x, "resetAfter", `reset after ${resetAfter} bytes`),
    });
    if (bytesPerSecond !== null) this.#note(x, "slowBody", `body at ${bytesPerSecond} bytes/s`);
    this.#harmed.add(harm);
    x.slots[this.#config.slot] = harm;
    return false;
  }

  /** Before the answer is seen by anybody: its client may know too (RFC 9209). */
  response(x: Exchange): void {
    if (x.injected === undefined) return;
    const error = x.answer!.source === "faultInjection" ? " error=proxy_internal_response;" : "";
    x.answer!.headers.append(["Proxy-Status", `${this.#config.gateway};${error} details="faultInjection: ${x.injected}"`]);
  }

  done(x: Exchange): void {
    // Set by this instance alone.
    const harm = x.slots[this.#config.slot] as Harm | undefined;
    if (harm === undefined) return;
    this.#harmed.delete(harm);
    harm.end();
  }

  #note(x: Exchange, kind: Kind, text: string): void {
    x.injected = x.injected === undefined ? text : `${x.injected}, ${text}`;
    const { id } = x.operation;
    let counts = this.#counts.get(id);
    if (counts === undefined) {
      counts = { delay: 0, abort: 0, reset: 0, slowBody: 0, resetAfter: 0 };
      this.#counts.set(id, counts);
    }
    counts[kind]++;
  }

  state(): Json {
    const sum = (kind: Kind): number => [...this.#counts.values()].reduce((total, counts) => total + counts[kind], 0);
    return {
      rules: this.#config.rules.map(({ summary }) => summary),
      delayed: this.#delays.size,
      injected: Object.fromEntries(kinds.map((kind) => [kind, sum(kind)])),
    };
  }

  metrics(): readonly MetricFamily[] {
    const samples = [...this.#counts].flatMap(([operation, counts]) =>
      kinds
        .filter((kind) => counts[kind] > 0)
        .map((kind) => ({
          labels: [label("operation", operation), label("fault", kind)].join(","),
          value: counts[kind],
        })),
    );
    return [
      {
        name: "gatewright_injected_faults_total",
        help: "Faults that faultInjection has injected, by the option that asks for them.",
        type: "counter",
        samples,
      },
    ];
  }
}
