import type { FollowedTls } from "../../../calls/followed-tls.ts";
import type { StartValue } from "../../../exchange/exchange.ts";
import type { FollowedSecret } from "../../../files/followed-secret.ts";
import type { StartUrl } from "../../../identity/start-url.ts";
import { contained, logged } from "../../../life/boundary.ts";
import { resultInSlices } from "../../../life/in-slices.ts";
import type { Life } from "../../../life/life.ts";
import { messageOf } from "../../../life/message-of.ts";
import { Pacing } from "../pacing.ts";
import type { EndpointSource, Findings, Look } from "../source.ts";
import { Applications } from "./applications.ts";
import { EurekaCalls } from "./eureka-calls.ts";
import { type EndpointTerms, endpointsOf, type Instance, instancesIn } from "./instances.ts";

export interface EurekaSourceConfig extends EndpointTerms {
  /** Of servers that replicate each other, with their path. */
  readonly addresses: readonly (StartUrl | string)[];
  /** Name of the application. */
  readonly app: string;
  /** What has changed is asked for, of all applications, instead of the application as a whole. */
  readonly delta: boolean;
  /** Milliseconds from one look to the next. */
  readonly interval: number;
  readonly user?: string;
  readonly password?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
}

export const createEurekaSource = (config: EurekaSourceConfig): EndpointSource => new EurekaSource(config);

type Known = Pick<Instance, "status" | "id" | "value">;

/** The instances of an application that are `UP` in Netflix' Eureka. */
class EurekaSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: EurekaSourceConfig;
  readonly #app: string;

  constructor(config: EurekaSourceConfig) {
    this.#config = config;
    this.#app = config.app.toUpperCase();
    const origins = config.addresses.map((address) => new URL(address).origin);
    this.description = `Eureka ${origins.join(", ")}, application ${this.#app}`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { addresses, delta, interval, tls, password } = this.#config;
    tls?.follow(tenure);
    // Read with each call.
    if (typeof password === "object") password.follow(tenure, () => {}, () => {}); // biome-ignore format: one line
    const applications = new Applications(this.#app);
    /** They are those of the server that is asked, up to what has happened since. */
    let isKnown = false;
    const calls = new EurekaCalls({ ...this.#config, addresses: addresses.map((address) => address.replace(/\/$/, "")) }, () => {
      isKnown = false;
    });
    const end = contained(logged("connections to Eureka were not closed"), (): void => calls.close());
    tenure.signal.addEventListener("abort", end, { once: true });
    const byDelta = async (signal: AbortSignal): Promise<readonly Known[]> => {
      // A server may have no delta (`disableDelta`): then it is asked for everything each time.
      const changes = isKnown ? await calls.read("/apps/delta", signal, [403, 404]) : undefined;
      // What does not add up is read as a whole, once in an interval (Eureka, `apps__hashcode`).
      if (changes === undefined || !(await resultInSlices(applications.changing(changes))))
        await resultInSlices(applications.replacing(await calls.read("/apps", signal)));
      isKnown = true;
      return applications.instances;
    };
    const look = async (signal: AbortSignal): Promise<undefined> => {
      const instances = await calls.servers.anywhere(signal, () => (delta ? byDelta(signal) : this.#ofApp(calls, signal)));
      findings.found(await resultInSlices(endpointsOf(instances, this.#config)));
    };
    return new Pacing(tenure, interval, look, (error) => findings.failed(messageOf(error)));
  }

  async #ofApp(calls: EurekaCalls, signal: AbortSignal): Promise<readonly Known[]> {
    const document = await calls.read(`/apps/${encodeURIComponent(this.#app)}`, signal, [404]);
    if (document !== undefined) return resultInSlices(instancesIn(document));
    // An application without instances, or a path at which there is no Eureka: both are 404.
    await calls.read("/apps/delta", signal, [403]);
    return [];
  }
}
