import { readFileSync } from "node:fs";
import { bimodal, exponential, fixed, logNormal, recorded } from "./chance.ts";
import type { EndpointPlan, Mood } from "./endpoint.ts";
import type { Figures } from "./figures.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { Load, SubjectName } from "./run.ts";
import { inTurn, oneServer, sharedQueue, shorterOfTwo } from "./theory.ts";

/** What is played before each subject, and what has to come of it. */
export interface Scenario {
  readonly name: string;
  readonly load: Load;
  /** Seconds that are looked at; the first ones are for what a subject has to learn. */
  readonly from: number;
  readonly to?: number;
  readonly subjects: Readonly<Record<string, SubjectName>>;
  /** Mean time in milliseconds that theory gives to a subject. */
  readonly theory?: Readonly<Record<string, readonly [name: string, mean: number]>>;

  readonly promises: readonly Promised[];
}

export interface Promised {
  readonly says: string;
  readonly holds: (figures: Readonly<Record<string, Figures>>) => boolean;
}

const gateway = (algorithm: string, more: GatewayOptions = {}): GatewayOptions => ({
  ...more,
  service: [`loadBalancer: { algorithm: ${algorithm} }`, more.service ?? ""].join("\n"),
});

const always = (mood: Mood, workers?: number): EndpointPlan => ({
  moods: [{ from: 0, mood }],
  ...(workers === undefined ? {} : { workers }),
});
const many = (count: number, plan: EndpointPlan): EndpointPlan[] => Array.from({ length: count }, () => plan);

const good: Mood = { latency: exponential(100) };
const failingFast: Mood = { latency: fixed(1), fails: { share: 1, afterMs: 1, how: 500 } };
const algorithms = Object.fromEntries(
  ["random", "roundRobin", "leastRequests", "powerOfTwo"].map((algorithm) => [algorithm, gateway(algorithm)]),
);
const peers = { nginx: "nginx", haproxy: "haproxy" } as const;

const { quantiles } = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8")) as {
  readonly quantiles: readonly number[];
};

/** Within a part of what theory says. */
const isNear = (found: number, theory: number, part: number): boolean => Math.abs(found / theory - 1) <= part;
const most = ({ shares }: Figures): number => Math.max(...shares);
const least = ({ shares }: Figures): number => Math.min(...shares);

export const scenarios: readonly Scenario[] = [
  {
    name: "100 equals, one worker each, exponential 100 ms, 80 % busy",
    load: { endpoints: many(100, always(good, 1)), perSecond: 800, seconds: 40 },
    from: 10,
    subjects: { ...algorithms, nginx: "nginx" },
    theory: {
      random: ["M/M/1", 100 * oneServer(0.8)],
      roundRobin: ["GI/M/1", 100 * inTurn(0.8, 100)],
      leastRequests: ["Mitzenmacher, d = 2", 100 * shorterOfTwo(0.8)],
      powerOfTwo: ["Mitzenmacher, d = 2", 100 * shorterOfTwo(0.8)],
      nginx: ["GI/M/1", 100 * inTurn(0.8, 100)],
    },
    promises: [
      { says: "random waits as in M/M/1", holds: ({ random }) => isNear(random!.mean, 100 * oneServer(0.8), 0.12) },
      {
        says: "roundRobin waits as theory has it for arrivals in turn",
        holds: ({ roundRobin }) => isNear(roundRobin!.mean, 100 * inTurn(0.8, 100), 0.08),
      },
      {
        says: "leastRequests waits as the shorter of two queues (Mitzenmacher)",
        holds: ({ leastRequests }) => isNear(leastRequests!.mean, 100 * shorterOfTwo(0.8), 0.05),
      },
      {
        says: "powerOfTwo loses at most 10 % of that by going by latency, too",
        holds: ({ powerOfTwo }) => powerOfTwo!.mean <= 110 * shorterOfTwo(0.8),
      },
      {
        says: "nobody does better than one queue for all (M/M/k)",
        holds: (figures) => Object.values(figures).every(({ mean }) => mean >= 99 * sharedQueue(0.8, 100)),
      },
      { says: "the p99 of powerOfTwo is below that of nginx", holds: ({ powerOfTwo, nginx }) => powerOfTwo!.p99 < nginx!.p99 },
    ],
  },
  {
    name: "3 equals, 4 workers each, log-normal, 60 % busy",
    load: { endpoints: many(3, always({ latency: logNormal(50, 0.8) }, 4)), perSecond: 104, seconds: 60 },
    from: 10,
    subjects: { ...algorithms, ...peers },
    promises: [
      {
        says: "turns are even, and whoever goes by load or latency is, to within 7 points",
        holds: ({ roundRobin, ...others }) =>
          most(roundRobin!) - least(roundRobin!) < 0.001 &&
          Object.values(others).every((one) => most(one) < 0.404 && least(one) > 0.263),
      },
      { says: "everything is good", holds: (figures) => Object.values(figures).every((one) => one.good === 1) },
    ],
  },
  {
    name: "10 equals that answer quickly or slowly (bimodal)",
    load: { endpoints: many(10, always({ latency: bimodal(5, 200, 0.1) }, 4)), perSecond: 900, seconds: 30 },
    from: 10,
    subjects: { ...algorithms, nginx: "nginx" },
    promises: [
      {
        says: "powerOfTwo and leastRequests have a lower mean than turns",
        holds: ({ powerOfTwo, leastRequests, nginx }) => Math.max(powerOfTwo!.mean, leastRequests!.mean) < nginx!.mean,
      },
      {
        says: "no endpoint of ten gets less than 7 % or more than 13 %",
        holds: (figures) => Object.values(figures).every((one) => least(one) > 0.07 && most(one) < 0.13),
      },
    ],
  },
  {
    name: "10 equals as recorded from a real server",
    load: { endpoints: many(10, always({ latency: recorded(quantiles) }, 4)), perSecond: 600, seconds: 30 },
    from: 10,
    subjects: { ...algorithms, nginx: "nginx" },
    promises: [
      {
        says: "powerOfTwo leaves nobody out, and is not slower than turns",
        holds: ({ powerOfTwo, nginx }) => least(powerOfTwo!) > 0.05 && powerOfTwo!.mean <= 1.05 * nginx!.mean,
      },
    ],
  },
  {
    name: "one of 3 is ten times as slow",
    load: {
      endpoints: [always({ latency: exponential(500) }, 50), ...many(2, always({ latency: exponential(50) }, 50))],
      perSecond: 300,
      seconds: 30,
    },
    from: 5,
    subjects: { ...algorithms, ...peers },
    promises: [
      { says: "powerOfTwo gives it less than 8 %", holds: ({ powerOfTwo }) => powerOfTwo!.shares[0]! < 0.08 },
      { says: "and has a p99 below half of that of nginx", holds: ({ powerOfTwo, nginx }) => powerOfTwo!.p99 < nginx!.p99 / 2 },
    ],
  },
  {
    name: "a single endpoint, which fails a tenth",
    load: {
      endpoints: [always({ latency: exponential(20), fails: { share: 0.1, afterMs: 1, how: 500 } })],
      perSecond: 100,
      seconds: 20,
    },
    from: 0,
    subjects: { gatewright: {}, ...peers },
    promises: [
      {
        says: "gets everything: nobody else is there",
        holds: ({ gatewright }) => gatewright!.shares[0] === 1 && gatewright!.good > 0.85,
      },
    ],
  },
  {
    name: "one of 3 refuses connections from 5 s to 20 s",
    load: {
      endpoints: [
        {
          moods: [
            { from: 0, mood: good },
            { from: 5, mood: "down" },
            { from: 20, mood: good },
          ],
        },
        ...many(2, always(good)),
      ],
      perSecond: 200,
      seconds: 60,
    },
    from: 5,
    subjects: { powerOfTwo: gateway("powerOfTwo"), roundRobin: gateway("roundRobin"), ...peers },
    promises: [
      {
        says: "nobody notices: what was not sent goes to another endpoint",
        holds: ({ powerOfTwo, roundRobin }) => powerOfTwo!.good === 1 && roundRobin!.good === 1,
      },
    ],
  },
  {
    name: "one of 3 answers 500 in 1 ms, the others in 100 ms",
    load: { endpoints: [always(failingFast), ...many(2, always(good))], perSecond: 300, seconds: 35 },
    from: 5,
    subjects: {
      ejecting: gateway("powerOfTwo", { service: "health: { passive: { consecutive: 5 } }" }),
      "ejecting by rate": gateway("roundRobin", { service: "health: { passive: { consecutive: 10000, errorRate: 50% } }" }),
      leastRequests: gateway("leastRequests"),
      ...peers,
    },
    promises: [
      {
        says: "ejected, its share is below 5 % (linkerd2#11669)",
        holds: (figures) => figures.ejecting!.shares[0]! < 0.05 && figures["ejecting by rate"]!.shares[0]! < 0.05,
      },
      {
        says: "where nobody looks at failures, the load alone draws requests to it",
        holds: ({ leastRequests }) => leastRequests!.shares[0]! > 0.5,
      },
      {
        says: "nginx and HAProxy give it a third: by their defaults a 500 is no failure",
        holds: ({ nginx, haproxy }) => isNear(nginx!.shares[0]!, 1 / 3, 0.01) && isNear(haproxy!.shares[0]!, 1 / 3, 0.01),
      },
    ],
  },
  {
    name: "one of 3 stalls from 5 s to 15 s, with 1 s to answer",
    load: {
      endpoints: [
        {
          moods: [
            { from: 0, mood: good },
            { from: 5, mood: "stalled" },
            { from: 15, mood: good },
          ],
        },
        ...many(2, always(good)),
      ],
      perSecond: 200,
      seconds: 60,
    },
    from: 8,
    to: 14,
    subjects: {
      ejecting: gateway("roundRobin", { service: "timeout: { response: 1s }\nhealth: { passive: { consecutive: 3 } }" }),
      turns: gateway("roundRobin", { service: "timeout: { response: 1s }" }),
      powerOfTwo: gateway("powerOfTwo", { service: "timeout: { response: 1s }" }),
    },
    promises: [
      { says: "3 s after it began, an ejected one gets nothing", holds: ({ ejecting }) => ejecting!.shares[0] === 0 },
      { says: "and nobody has to wait for it", holds: ({ ejecting }) => ejecting!.good === 1 && ejecting!.p99 < 600 },
      { says: "powerOfTwo gives it less than 4 % without that", holds: ({ powerOfTwo }) => powerOfTwo!.shares[0]! < 0.04 },
      { says: "in turn, a third of the clients wait in vain", holds: ({ turns }) => isNear(turns!.good, 2 / 3, 0.02) },
    ],
  },
  {
    name: "the same, from 45 s on: it has been back for long",
    load: {
      endpoints: [
        {
          moods: [
            { from: 0, mood: good },
            { from: 5, mood: "stalled" },
            { from: 15, mood: good },
          ],
        },
        ...many(2, always(good)),
      ],
      perSecond: 200,
      seconds: 75,
    },
    from: 45,
    subjects: {
      ejecting: gateway("roundRobin", { service: "timeout: { response: 1s }\nhealth: { passive: { consecutive: 3 } }" }),
      powerOfTwo: gateway("powerOfTwo", { service: "timeout: { response: 1s }" }),
    },
    promises: [
      {
        says: "it has its third again",
        holds: (figures) => Object.values(figures).every(({ shares }) => isNear(shares[0]!, 1 / 3, 0.2)),
      },
      { says: "and everything is good", holds: (figures) => Object.values(figures).every((one) => one.good === 1) },
    ],
  },
  {
    name: "all 3 fail from 5 s to 15 s",
    load: {
      endpoints: many(3, {
        moods: [
          { from: 0, mood: good },
          { from: 5, mood: { latency: fixed(1), fails: { share: 1, afterMs: 1_000, how: 503 } } },
          { from: 15, mood: good },
        ],
      }),
      perSecond: 200,
      seconds: 60,
    },
    from: 8,
    to: 15,
    subjects: {
      breaker: gateway("powerOfTwo", { service: "breaker: { errorRate: 50%, window: 2s, open: 2s, maxOpen: 4s }" }),
      none: gateway("powerOfTwo"),
      nginx: "nginx",
    },
    promises: [
      {
        says: "a breaker asks less than 2 % of what it gets",
        holds: ({ breaker }) => breaker!.attempts < 0.02,
      },
      { says: "and tells clients at once", holds: ({ breaker }) => breaker!.p50 === 0 },
      { says: "without one, each waits for its failure", holds: ({ none, nginx }) => Math.min(none!.p50, nginx!.p50) > 900 },
    ],
  },
  {
    name: "the same, from 25 s on: they have been back for long",
    load: {
      endpoints: many(3, {
        moods: [
          { from: 0, mood: good },
          { from: 5, mood: { latency: fixed(1), fails: { share: 1, afterMs: 1_000, how: 503 } } },
          { from: 15, mood: good },
        ],
      }),
      perSecond: 200,
      seconds: 40,
    },
    from: 25,
    subjects: { breaker: gateway("powerOfTwo", { service: "breaker: { errorRate: 50%, window: 2s, open: 2s, maxOpen: 4s }" }) },
    promises: [{ says: "a breaker lets everything pass again", holds: ({ breaker }) => breaker!.good === 1 }],
  },
  {
    name: "one of 3 takes eight times as long, and nobody goes by latency",
    load: {
      endpoints: [always({ latency: exponential(400) }), ...many(2, always({ latency: exponential(50) }))],
      perSecond: 100,
      seconds: 60,
    },
    from: 15,
    subjects: {
      ejecting: gateway("roundRobin", { service: "health: { passive: { consecutive: 5, slower: 3 } }" }),
      turns: gateway("roundRobin"),
      nginx: "nginx",
    },
    promises: [
      { says: "`slower` keeps most requests from it", holds: ({ ejecting }) => ejecting!.shares[0]! < 0.1 },
      { says: "and halves the mean", holds: ({ ejecting, nginx }) => ejecting!.mean < nginx!.mean / 2 },
    ],
  },
];
