import { exponential, fixed } from "../chance.ts";
import type { Scenario } from "../scenario.ts";
import { always, failingFast, gateway, good, isNear, many, peers } from "./plans.ts";

/** Endpoints that fail, with what the gateway has for that beside sending requests again. */
export const failures: readonly Scenario[] = [
  {
    name: "a single endpoint, which fails a tenth",
    load: {
      endpoints: [always({ latency: exponential(20), fails: { share: 0.1, afterMs: 1, how: 500 } })],
      perSecond: 100,
      seconds: 20,
    },
    from: 0,
    seeds: 2,
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
    seeds: 2,
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
    seeds: 2,
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
    seeds: 2,
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
    seeds: 2,
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
    seeds: 2,
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
    seeds: 2,
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
    seeds: 2,
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
