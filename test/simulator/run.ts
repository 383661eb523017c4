import { logging } from "../../runtime/log/level.ts";
import { type Chance, exponential, seeded, withChance } from "./chance.ts";
import { type EndpointPlan, SimulatedEndpoint } from "./endpoint.ts";
import { createSimulatedGateway, type GatewayOptions } from "./gateway.ts";
import { haproxy, nginx } from "./peers.ts";
import type { Outcome, SimulatedRequest, Subject } from "./subject.ts";
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
  /** Share of the requests that are for `/important`, which a gateway may know. */
  readonly important?: number;
}

/** `nginx` and `haproxy` as models of their defaults, a gateway, or several that have the requests in turn. */
export type SubjectName = "nginx" | "haproxy" | GatewayOptions | { readonly gateways: readonly GatewayOptions[] };

export interface Result {
  /** In the order in which they came. */
  readonly requests: readonly RequestResult[];
  /** Milliseconds at which requests came to each endpoint. */
  readonly arrivals: readonly (readonly number[])[];
}

export interface RequestResult extends Outcome {
  readonly path: string;
  /** Milliseconds from the begin. */
  readonly at: number;
  /** Milliseconds until the end of the answer. */
  readonly took: number;
}

/** What happens in a run. */
export interface Stage {
  at(second: number, what: () => void): void;
  /** A client comes, with GET for a path of its own unless said otherwise. The result takes it away. */
  ask(request?: Partial<SimulatedRequest>): () => void;
  readonly chance: Chance;
}

/** Milliseconds behind the last request in which answers come. */
const patience = 120_000;

/** Plays a load before a subject. Equal seeds give equal requests and equal latencies, as far as the subject asks for them. */
export const play = (load: Load, name: SubjectName, seed = 1): Promise<Result> =>
  perform(load.endpoints, load.seconds, name, (stage) => arrive(load, stage), seed);

/** The same for whatever `script` does. */
export async function perform(
  plans: readonly EndpointPlan[],
  seconds: number,
  name: SubjectName,
  script: (stage: Stage) => void,
  seed = 1,
): Promise<Result> {
  const time = new SimulatedTime();
  const endpoints = plans.map((plan, index) => new SimulatedEndpoint(plan, time, seeded(seed * 7_919 + index)));
  return withChance(seeded(seed), () =>
    time.own(async () => {
      // What gateways say of their endpoints is what the figures say.
      const { level } = logging;
      logging.level = "error";
      const subject = await subjectOf(name, endpoints, time);
      const requests: RequestResult[] = [];
      let open = 0;
      await subject.start();
      script({
        at: (second, what) => void time.at(second * 1_000, what),
        ask: ({ method = "GET", path = `/${requests.length}` } = {}) => {
          const at = time.now;
          open++;
          let isOpen = true;
          const close = (): void => {
            if (isOpen) open--;
            isOpen = false;
          };
          const leave = subject.ask({ method, path }, (outcome) => {
            close();
            requests.push({ ...outcome, path, at, took: time.now - at });
          });
          return () => {
            close();
            leave();
          };
        },
        chance: seeded(seed + 4_242),
      });
      await time.run(seconds * 1_000 + patience);
      await subject.stop();
      logging.level = level;
      if (open > 0) throw new Error(`${open} requests were never answered`);
      requests.sort((one, other) => one.at - other.at);
      return { requests, arrivals: endpoints.map(({ arrivals }) => arrivals) };
    }),
  );
}

async function subjectOf(name: SubjectName, endpoints: readonly SimulatedEndpoint[], time: SimulatedTime): Promise<Subject> {
  if (name === "nginx") return nginx(endpoints, time);
  if (name === "haproxy") return haproxy(endpoints, time);
  if (!("gateways" in name)) return createSimulatedGateway(name, endpoints, time);
  const gateways = await Promise.all(name.gateways.map((one) => createSimulatedGateway(one, endpoints, time)));
  let turn = 0;
  return {
    start: async () => void (await Promise.all(gateways.map((one) => one.start()))),
    stop: async () => void (await Promise.all(gateways.map((one) => one.stop()))),
    ask(request, over) {
      const gateway = turn++ % gateways.length;
      return gateways[gateway]!.ask(request, (outcome) => over({ ...outcome, gateway }));
    },
  };
}

export const importantPath = "/important";

function arrive({ perSecond, seconds, atOnce, method = "GET", important = 0 }: Load, stage: Stage): void {
  const request = { method };
  const gap = exponential(1 / perSecond);
  const next = (from: number): void => {
    const second = from + gap(stage.chance);
    if (second >= seconds) return;
    stage.at(second, () => {
      stage.ask(important > 0 && stage.chance() < important ? { method, path: importantPath } : request);
      next(second);
    });
  };
  if (perSecond > 0) next(0);
  if (atOnce === undefined) return;
  stage.at(atOnce.second, () => {
    for (let count = 0; count < atOnce.count; count++) stage.ask(request);
  });
}
