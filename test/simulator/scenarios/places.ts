import { fixed } from "../chance.ts";
import type { Scenario } from "../scenario.ts";
import { always, gateway, good, inTurn, isNear, many, peers } from "./plans.ts";

const checked = "health: { active: { path: /healthz, interval: 500ms, timeout: 500ms } }";
const down = inTurn([0, "down"]);
const returning = inTurn([0, good], [5, "down"], [10, good]);
/** Streams of events: a head at once, and an end long after it. */
const streaming = { latency: fixed(5), streams: fixed(20_000) };

/** Where requests go by what is known of endpoints before they are asked. */
export const places: readonly Scenario[] = [
  {
    name: "one of 3 stalls from 5 s to 25 s, with checks of 500 ms each 500 ms",
    load: { endpoints: [inTurn([0, good], [5, "stalled"], [25, good]), ...many(2, always(good))], perSecond: 100, seconds: 24 },
    from: 8.2,
    seeds: 3,
    subjects: { checked: gateway("roundRobin", { service: checked }), ...peers },
    theory: { checked: ["3 × (500 + 500) ms until it is out", "0 %"] },
    promises: [
      { says: "after three checks it gets nothing", holds: ({ checked: one }) => one!.shares[0] === 0 && one!.good === 1 },
      {
        says: "nginx and HAProxy, which do not check, let clients wait",
        holds: ({ nginx, haproxy }) => Math.min(nginx!.p99, haproxy!.p99) > 1_000,
      },
    ],
  },
  {
    name: "the same, from 27 s on: two good checks have let it back",
    load: { endpoints: [inTurn([0, good], [5, "stalled"], [25, good]), ...many(2, always(good))], perSecond: 100, seconds: 40 },
    from: 27,
    subjects: { checked: gateway("roundRobin", { service: checked }) },
    promises: [{ says: "it has its third again", holds: ({ checked: one }) => isNear(one!.shares[0]!, 1 / 3, 0.02) }],
  },
  {
    name: "two zones of 2, of which one of the own is down",
    load: { endpoints: [down, ...many(3, always(good))], perSecond: 200, seconds: 20 },
    from: 3,
    seeds: 3,
    subjects: {
      zone: {
        service: `loadBalancer: { algorithm: roundRobin, zone: eu-1 }\n${checked}`,
        places: ["zone: eu-1", "zone: eu-1", "zone: eu-2", "zone: eu-2"],
      },
      ...peers,
    },
    theory: { zone: ["Envoy: 1.4 × 1/2 stays", "0 70 15 15 %"] },
    promises: [
      {
        says: "the other one of the own zone takes what it can bear, and the other zone the rest",
        holds: ({ zone }) => isNear(zone!.shares[1]!, 0.7, 0.04) && isNear(zone!.shares[2]!, 0.15, 0.15),
      },
      { says: "everything is good", holds: ({ zone }) => zone!.good === 1 },
    ],
  },
  {
    name: "3 and a standby of the next priority, of which one is down",
    load: { endpoints: [down, ...many(3, always(good))], perSecond: 200, seconds: 20 },
    from: 3,
    seeds: 3,
    subjects: {
      priorities: {
        service: `loadBalancer: { algorithm: roundRobin }\n${checked}`,
        places: ["", "", "", "priority: 1"],
      },
    },
    theory: { priorities: ["Envoy: 1.4 × 2/3 stays", "0 46.7 46.7 6.7 %"] },
    promises: [
      {
        says: "the standby gets what the others cannot take, and no more",
        holds: ({ priorities }) =>
          isNear(priorities!.shares[3]!, 1 - 1.4 * (2 / 3), 0.25) && isNear(priorities!.shares[1]!, 0.467, 0.05),
      },
    ],
  },
  {
    name: "one of 3 is back from 10 s on, and has 20 s to become warm",
    load: { endpoints: [returning, ...many(2, always(good))], perSecond: 100, seconds: 15 },
    from: 11.5,
    seeds: 3,
    subjects: {
      "slow start": { service: `loadBalancer: { algorithm: roundRobin, slowStart: 20s }\n${checked}` },
      "at once": { service: `loadBalancer: { algorithm: roundRobin }\n${checked}` },
    },
    theory: { "slow start": ["a third of a tenth to a fifth", "3 to 7 %"], "at once": ["a third", "33.3 %"] },
    promises: [
      {
        says: "it begins with a small part of its share",
        holds: ({ "slow start": one }) => one!.shares[0]! > 0.02 && one!.shares[0]! < 0.08,
      },
      { says: "and has it at once without slow start", holds: ({ "at once": one }) => isNear(one!.shares[0]!, 1 / 3, 0.05) },
    ],
  },
  {
    name: "the same, from 35 s on",
    load: { endpoints: [returning, ...many(2, always(good))], perSecond: 100, seconds: 50 },
    from: 35,
    subjects: { "slow start": { service: `loadBalancer: { algorithm: roundRobin, slowStart: 20s }\n${checked}` } },
    promises: [{ says: "it has its third", holds: ({ "slow start": one }) => isNear(one!.shares[0]!, 1 / 3, 0.02) }],
  },
  {
    name: "streams of 20 s at 3, of which one was away from 30 s to 35 s",
    load: {
      endpoints: [inTurn([0, streaming], [30, "down"], [35, streaming]), ...many(2, always(streaming))],
      perSecond: 20,
      seconds: 41,
    },
    from: 36.5,
    seeds: 3,
    subjects: {
      leastRequests: gateway("leastRequests", { service: checked }),
      powerOfTwo: gateway("powerOfTwo", { service: checked }),
      roundRobin: gateway("roundRobin", { service: checked }),
      nginx: "nginx",
    },
    theory: { leastRequests: ["it is one of the two that chance draws", "66.7 %"], roundRobin: ["in turn", "33.3 %"] },
    promises: [
      {
        says: "by requests under way, the empty one gets all for which it is drawn, until it has as many as the others",
        holds: ({ leastRequests, powerOfTwo }) => isNear(leastRequests!.shares[0]!, 2 / 3, 0.2) && powerOfTwo!.shares[0]! > 0.5,
      },
      {
        says: "in turn it gets a third, and has less for long",
        holds: ({ roundRobin }) => isNear(roundRobin!.shares[0]!, 1 / 3, 0.05),
      },
    ],
  },
];
