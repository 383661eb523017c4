import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import type { Breakers } from "../attempts/breakers.ts";
import { marks } from "../attempts/endpoint-set.ts";
import type { ManagedService } from "../attempts/managed-service.ts";
import { type ActiveHealthConfig, checkEndpoints, type HealthOfAll, healthTopic } from "./prober.ts";

export interface ServiceStatesConfig {
  readonly service: ManagedService;
  readonly active?: ActiveHealthConfig;
}

/** What is known of the endpoints of a service and of its breakers: for those who choose, and for operators. */
export const createServiceStates = (config: ServiceStatesConfig): ServiceStates => new ServiceStates(config);

class ServiceStates implements Living {
  declare readonly __resource: "serviceStates";
  readonly name: string;
  readonly required: boolean;
  readonly schema = "breakers of a service, 1";
  readonly #service: ManagedService;
  readonly #config: ServiceStatesConfig;
  #health: HealthOfAll = {};

  constructor(config: ServiceStatesConfig) {
    this.name = `services.${config.service.name}`;
    this.required = config.service.required;
    this.#service = config.service;
    this.#config = config;
  }

  start(life: Life): void {
    if (this.#config.active === undefined) return;
    const { set } = this.#service;
    // Where an endpoint is back that failed its checks, it is not asked before they say so.
    this.#service.followers.add(() => {
      for (const endpoint of set.all) if (this.#health[endpoint.url]?.isHealthy === false) set.mark(endpoint, "unhealthy", true);
    });
    life.latest<HealthOfAll>(healthTopic(this.#service)).subscribe((health) => {
      for (const endpoint of set.all) {
        const now = health[endpoint.url];
        const before = this.#health[endpoint.url];
        if (now === undefined) continue;
        set.mark(endpoint, "unhealthy", !now.isHealthy);
        if ((before?.isHealthy ?? true) === now.isHealthy) continue;
        const failing = (now.dependencies ?? [])
          .filter(({ state }) => state !== "pass")
          .map(({ name, state }) => `${name} ${state}`);
        const fields = {
          endpoint: endpoint.url,
          ...(now.isHealthy ? {} : { why: now.why }),
          ...(failing.length === 0 ? {} : { dependencies: failing.join(", ") }),
        };
        if (now.isHealthy) life.log.write("info", "endpoint is healthy again", fields);
        else life.log.write("warning", "endpoint is unhealthy", fields);
      }
      this.#health = health;
    });
  }

  own(tenure: Life): void {
    const { active } = this.#config;
    if (active !== undefined) checkEndpoints(this.#service, active, this.#health, tenure);
  }

  readiness(): Readiness {
    const { usable } = this.#service.set;
    if (this.#config.active !== undefined && Object.keys(this.#health).length === 0)
      return { ready: false, why: "none of its endpoints has been checked yet" };
    return usable.length > 0 ? { ready: true } : { ready: false, why: "none of its endpoints can be used" };
  }

  handOver(): Json {
    return this.#service.breakers?.handOver() ?? {};
  }

  /** `schema` says that it is what `handOver` made. */
  adopt(state: Json): void {
    this.#service.breakers?.adopt(state as ReturnType<Breakers["handOver"]>);
  }

  state(): Json {
    const { set, breakers, subsets } = this.#service;
    return {
      endpoints: set.all.map((endpoint) => {
        const { why = "", dependencies } = this.#health[endpoint.url] ?? {};
        const found = marks.filter((mark) => set.has(endpoint, mark));
        return {
          url: endpoint.url,
          state: found.length === 0 ? "usable" : found.join(", "),
          ...(why === "" ? {} : { why }),
          ...(dependencies === undefined ? {} : { dependencies }),
        };
      }),
      ...(set.isPanicking ? { isPanicking: true } : {}),
      ...(subsets === undefined ? {} : { subsets: subsets.state() }),
      ...(breakers === undefined
        ? {}
        : {
            breakers: breakers
              .states()
              .map(({ operation, state }) => ({ ...(operation === undefined ? {} : { operation }), state })),
          }),
    };
  }

  metrics(): readonly MetricFamily[] {
    const { name, set, breakers, ejection, subsets } = this.#service;
    const service = `service="${name}"`;
    const states = set.all.flatMap((endpoint) =>
      marks.map((mark) => ({
        labels: `${service},endpoint="${escaped(endpoint.url)}",state="${mark}"`,
        value: set.has(endpoint, mark) ? 1 : 0,
      })),
    );
    const families: MetricFamily[] = [
      {
        name: "gatewright_service_endpoint_state",
        help: "Workers in which the endpoint gets no requests, by why.",
        type: "gauge",
        samples: states,
      },
    ];
    if (subsets !== undefined) families.push(...subsets.metrics(service));
    if (ejection !== undefined)
      families.push({
        name: "gatewright_service_ejections_total",
        help: "Endpoints that were ejected because requests failed there.",
        type: "counter",
        samples: [{ labels: service, value: ejection.count() }],
      });
    if (breakers !== undefined) {
      const all = breakers.states().map((one) => ({
        ...one,
        labels: one.operation === undefined ? service : `${service},operation="${escaped(one.operation)}"`,
      }));
      families.push(
        {
          name: "gatewright_service_breaker_open",
          help: "Workers in which the breaker is not closed.",
          type: "gauge",
          samples: all.map(({ labels, state }) => ({ labels, value: state === "closed" ? 0 : 1 })),
        },
        {
          name: "gatewright_service_breaker_opened_total",
          help: "How often the breaker opened.",
          type: "counter",
          samples: all.map(({ labels, opened }) => ({ labels, value: opened })),
        },
      );
    }
    return families;
  }
}

/** As the text format of Prometheus wants label values. */
const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
