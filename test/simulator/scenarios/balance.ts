import { readFileSync } from "node:fs";
import { bimodal, exponential, logNormal, recorded } from "../chance.ts";
import type { Scenario } from "../scenario.ts";
import { inTurn, oneServer, sharedQueue, shorterOfTwo } from "../theory.ts";
import { algorithms, always, good, isNear, least, many, most, peers } from "./plans.ts";

const { quantiles } = JSON.parse(readFileSync(new URL("../recorded.json", import.meta.url), "utf8")) as {
  readonly quantiles: readonly number[];
};

/** Who gets how much, and how long that takes, where all endpoints work. */
export const balance: readonly Scenario[] = [
  {
    name: "100 equals, one worker each, exponential 100 ms, 80 % busy",
    load: { endpoints: many(100, always(good, 1)), perSecond: 800, seconds: 30 },
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
    seeds: 3,
    subjects: { ...algorithms, ...peers },
    promises: [
      { says: "powerOfTwo gives it less than 8 %", holds: ({ powerOfTwo }) => powerOfTwo!.shares[0]! < 0.08 },
      { says: "and has a p99 below half of that of nginx", holds: ({ powerOfTwo, nginx }) => powerOfTwo!.p99 < nginx!.p99 / 2 },
    ],
  },
];
