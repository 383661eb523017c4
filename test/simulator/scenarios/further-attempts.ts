import { bimodal, exponential, fixed } from "../chance.ts";
import type { Scenario } from "../scenario.ts";
import { always, gateway, inTurn, isNear, many, peers } from "./plans.ts";

const quick = always({ latency: exponential(20) });
const half = always({ latency: exponential(50), fails: { share: 0.5, afterMs: 20, how: 500 } });
const retrying = (algorithm: string, more = "") => gateway(algorithm, { service: `retry: {}\n${more}` });
/** As the README has it. */
const careful = `retry: { attempts: 3, perTry: 1s }
health: { passive: { consecutive: 5 } }
breaker: { errorRate: 50% }`;

/** Requests that are sent again, or to a second endpoint beside the first. */
export const furtherAttempts: readonly Scenario[] = [
  {
    name: "one of 3 fails half of its requests, with the default budget",
    load: { endpoints: [half, ...many(2, always({ latency: exponential(50) }))], perSecond: 250, seconds: 24 },
    from: 0,
    seeds: 3,
    subjects: {
      powerOfTwo: retrying("powerOfTwo"),
      roundRobin: retrying("roundRobin"),
      random: retrying("random"),
      // It draws requests to what fails quickly, which is more than the budget has: that takes ejection.
      "leastRequests, ejecting": retrying("leastRequests", "health: { passive: { consecutive: 10000, errorRate: 30% } }"),
      "no retries": gateway("roundRobin"),
      ...peers,
    },
    theory: {
      roundRobin: ["a sixth fails, and 20 % may be sent again", "100 %"],
      "no retries": ["1 - 1/3 × 1/2", "83.3 %"],
      nginx: ["a 500 is no failure", "83.3 %"],
      haproxy: ["a 500 is no failure", "83.3 %"],
    },
    promises: [
      {
        says: "at least 99.9 % are good, whatever the algorithm",
        holds: ({ powerOfTwo, roundRobin, random, "leastRequests, ejecting": ejecting }) =>
          [powerOfTwo!, roundRobin!, random!, ejecting!].every((one) => one.good >= 0.999),
      },
      {
        says: "without retries a sixth fails, as with nginx and HAProxy",
        holds: ({ "no retries": none, nginx, haproxy }) =>
          [none!, nginx!, haproxy!].every((one) => isNear(one.good, 5 / 6, 0.02)),
      },
    ],
  },
  {
    name: "one of 3 dies, with all that is under way there, at 1,000 requests in a second",
    load: {
      endpoints: [inTurn([0, { latency: fixed(100) }], [3, "down"]), ...many(2, always({ latency: fixed(100) }))],
      perSecond: 1_000,
      seconds: 6,
    },
    from: 2.5,
    seeds: 3,
    subjects: { careful: gateway("powerOfTwo", { service: careful }), ...peers },
    promises: [
      {
        says: "all are good: 33 that die at once open no breaker over the two that work",
        holds: ({ careful }) => careful!.good === 1,
      },
      { says: "and none takes longer than twice", holds: ({ careful }) => careful!.p99 <= 200 },
      { says: "HAProxy loses what was under way", holds: ({ haproxy }) => haproxy!.good < 1 },
    ],
  },
  {
    name: "3 equals, of whose answers one in 20 takes 500 ms as chance has it",
    load: { endpoints: many(3, always({ latency: bimodal(20, 500, 0.05) })), perSecond: 200, seconds: 20 },
    from: 5,
    seeds: 3,
    subjects: { hedging: gateway("roundRobin", { service: "hedge: { after: p90 }" }), none: gateway("roundRobin"), ...peers },
    theory: {
      hedging: ["p99: the p90, and 96 % of another answer", "below 200"],
      none: ["p99 of the distribution: 500 × ln 5", "805"],
    },
    promises: [
      { says: "hedging has a p99 below a third", holds: ({ hedging, none }) => hedging!.p99 < none!.p99 / 3 },
      { says: "for at most 12 % more attempts", holds: ({ hedging }) => hedging!.attempts <= 1.12 },
      { says: "and everything is good", holds: (figures) => Object.values(figures).every((one) => one.good === 1) },
    ],
  },
  {
    name: "one of 3 stalls from 5 s on, and the others answer in 20 ms",
    load: {
      endpoints: [inTurn([0, { latency: exponential(20) }], [5, "stalled"]), ...many(2, quick)],
      perSecond: 300,
      seconds: 15,
    },
    from: 7,
    seeds: 3,
    subjects: {
      hedging: gateway("powerOfTwo", { service: "timeout: { response: 10s }\nhedge: { after: p95 }" }),
      nginx: "nginx",
    },
    promises: [
      {
        says: "though no attempt there is waited for until it fails, it gets less than 1 %",
        holds: ({ hedging }) => hedging!.shares[0]! < 0.01,
      },
      { says: "and the p99 is that of before", holds: ({ hedging }) => hedging!.good === 1 && hedging!.p99 < 150 },
    ],
  },
];
