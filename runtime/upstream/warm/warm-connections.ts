import { logged } from "../../life/boundary.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { withDeadline } from "../../life/with-deadline.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Service } from "../service.ts";
import type { WarmPool } from "./warmth.ts";

export interface WarmConnectionsConfig {
  /** Its pools are warm ones. */
  readonly service: Service;
}

/** Keeps connections to the endpoints of a service, in each process that serves. */
export const createWarmConnections = (config: WarmConnectionsConfig): WarmConnections => new WarmConnections(config);

/** Milliseconds that a start waits for them at most. */
const patienceMs = 1_000;

/** Milliseconds between looks at what is missing. */
const tendMs = 1_000;

class WarmConnections implements Living {
  declare readonly __resource: "serviceStates";
  readonly name: string;
  /** The gateway waits for its start, which never fails: so a worker that takes over has them before it has requests. */
  readonly required = true;
  readonly #service: Service;
  #isDraining = false;
  /** Some endpoint has had all of them. */
  #wasWarm = false;

  constructor({ service }: WarmConnectionsConfig) {
    this.name = `services.${service.name}.connections`;
    this.#service = service;
  }

  async start(life: Life): Promise<void> {
    const warmed = new WeakSet<Endpoint>();
    const warm = (endpoint: Endpoint): Promise<void> => {
      warmed.add(endpoint);
      // One that is said not to work is left alone, and one that is gone.
      return poolOf(endpoint).warm(() => !this.#isDraining && endpoint.marks === 0);
    };
    const begun = this.#service.endpoints.map(warm);
    life.every(tendMs, () => {
      for (const endpoint of this.#service.endpoints) {
        // Discovery has found it since.
        if (!warmed.has(endpoint)) void warm(endpoint);
        poolOf(endpoint).tend();
      }
    });
    await withDeadline(Promise.all(begun), patienceMs, logged("the start of connections"), life.signal);
  }

  drain(): void {
    this.#isDraining = true;
  }

  readiness(): Readiness {
    const { required, endpoints } = this.#service;
    this.#wasWarm ||= !required || endpoints.some((endpoint) => poolOf(endpoint).isWarm);
    return this.#wasWarm ? { ready: true } : { ready: false, why: "none of its endpoints has its least connections yet" };
  }

  state(): Json {
    return this.#service.endpoints.map((endpoint) => {
      const { size, idle, isWarm } = poolOf(endpoint);
      return { url: endpoint.url, connections: size, idle, isWarm };
    });
  }
}

/** The compiler gives such pools to services that have such connections. */
const poolOf = ({ pool }: Endpoint): WarmPool => pool as WarmPool;
