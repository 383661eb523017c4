import { overload, refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Living } from "../../life/living.ts";
import { label } from "../../metrics/label.ts";
import { workerLabel } from "../../metrics/worker-label.ts";
import { LoopLag, type LoopLagConfig } from "../../overload/loop-lag.ts";
import { priorityNames, priorityOf } from "../../overload/priority.ts";

export interface OverloadConfig extends LoopLagConfig {
  /** Where it is configured: `gateway.yaml:7`. */
  readonly at: string;
}

export const createOverload = (config: OverloadConfig): Overload => new Overload(config);

/** Refuses requests while this process cannot keep up, the least important first. */
class Overload implements Living {
  readonly name: string;
  readonly required = false;
  readonly #lag: LoopLag;
  readonly #shed = [0, 0, 0, 0];

  constructor(config: OverloadConfig) {
    this.name = `${config.at} overload`;
    this.#lag = new LoopLag(config);
  }

  start(): void {
    this.#lag.start();
  }

  stop(): void {
    this.#lag.stop();
  }

  request(x: Exchange): boolean {
    const priority = priorityOf(x);
    if (!this.#lag.sheds(priority)) return false;
    this.#shed[priority]!++;
    return refuse(x, { ...overload, source: "overload" });
  }

  state(): Json {
    const { lag, level } = this.#lag;
    return { lag, sheds: priorityNames.slice(priorityNames.length - level) };
  }

  metrics(): readonly MetricFamily[] {
    const from = label("overload", this.name);
    return [
      {
        name: "gatewright_event_loop_lag_seconds",
        help: "How late the event loop was at the last look.",
        type: "gauge",
        // Of several workers each has its own.
        samples: [{ labels: `${from},${workerLabel()}`, value: this.#lag.lag / 1000 }],
      },
      {
        name: "gatewright_overload_shed_total",
        help: "Requests that were refused because the event loop was late, by their priority.",
        type: "counter",
        samples: priorityNames.map((name, index) => ({
          labels: `${from},${label("priority", name)}`,
          value: this.#shed[index]!,
        })),
      },
    ];
  }
}
