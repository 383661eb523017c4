import { type Chance, exponential, seeded, withChance } from "./chance.ts";
import { type EndpointPlan, SimulatedEndpoint } from "./endpoint.ts";
import { createSimulatedGateway, type GatewayOptions } from "./gateway.ts";
import { haproxy, nginx } from "./peers.ts";
import type { Outcome, Subject } from "./subject.ts";
import { SimulatedTime } from "./time.ts";

/** What comes, and to what. */
export interface Load {
  readonly endpoints: readonly EndpointPlan[];
  /** Requests in a second, by chance (Poisson), unless they come all at once. */
  readonly perSecond: number;
  readonly seconds: number;
  /** So many requests at a second, at once, besides. */
  readonly atOnce?: { readonly second: number; readonly count: number };
  readonly method?: string;
}

/** `nginx` and `haproxy` as models of their defaults, or a gateway. */
export type SubjectName = "nginx" | "haproxy" | GatewayOptions;

export interface Result {
  /** In the order in which they came. */
  readonly requests: readonly RequestResult[];
  /** Requests that each endpoint got, by second. */
  readonly arrivals: readonly (readonly number[])[];
}

export interface RequestResult extends Outcome {
  /** Milliseconds from the begin. */
  readonly at: number;
  /** Milliseconds until the end of the answer. */
  readonly took: number;
}

/** Milliseconds behind the last request in which answers come. */
const patience = 120_000;

/** Plays a load before a subject. Equal seeds give equal requests and equal latencies, as far as the subject asks for them. */
export async function play(load: Load, name: SubjectName, seed = 1): Promise<Result> {
  const time = new SimulatedTime();
  const endpoints = load.endpoints.map((plan, index) => new SimulatedEndpoint(plan, time, seeded(seed * 7_919 + index)));
  return withChance(seeded(seed), () =>
    time.own(async () => {
      const subject = await subjectOf(name, endpoints, time);
      const requests: RequestResult[] = [];
      let open = 0;
      const ask = (): void => {
        const at = time.now;
        open++;
        subject.ask({ method: load.method ?? "GET", path: `/${requests.length}` }, (outcome) => {
          open--;
          requests.push({ ...outcome, at, took: time.now - at });
        });
      };
      await subject.start();
      arrive(load, time, seeded(seed + 4_242), ask);
      await time.run(load.seconds * 1_000 + patience);
      await subject.stop();
      if (open > 0) throw new Error(`${open} requests were never answered`);
      requests.sort((one, other) => one.at - other.at);
      return { requests, arrivals: endpoints.map(({ arrivals }) => arrivals) };
    }),
  );
}

async function subjectOf(name: SubjectName, endpoints: readonly SimulatedEndpoint[], time: SimulatedTime): Promise<Subject> {
  if (name === "nginx") return nginx(endpoints, time);
  return name === "haproxy" ? haproxy(endpoints, time) : createSimulatedGateway(name, endpoints, time);
}

function arrive({ perSecond, seconds, atOnce }: Load, time: SimulatedTime, chance: Chance, ask: () => void): void {
  const gap = exponential(1_000 / perSecond);
  const next = (): void => {
    const at = time.now + gap(chance);
    if (at >= seconds * 1_000) return;
    time.at(at, () => {
      ask();
      next();
    });
  };
  if (perSecond > 0) next();
  if (atOnce === undefined) return;
  time.at(atOnce.second * 1_000, () => {
    for (let count = 0; count < atOnce.count; count++) ask();
  });
}
