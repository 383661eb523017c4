import { logNormal } from "../chance.ts";
import type { EndpointPlan, Mood } from "../endpoint.ts";
import type { Figures } from "../figures.ts";
import type { GatewayOptions } from "../gateway.ts";
import type { Scenario } from "../scenario.ts";
import { always, inTurn, many } from "./plans.ts";

const checked = "health: { active: { path: /healthz, interval: 500ms, timeout: 500ms } }";
const quick: Mood = { latency: logNormal(20, 0.5) };
const slow: Mood = { latency: logNormal(200, 0.5) };

/** Two endpoints in each zone. */
const placesOf = (...zones: readonly string[]): string[] => zones.flatMap((zone) => [`zone: ${zone}`, `zone: ${zone}`]);

/** A gateway of `eu-1`. */
const inZone = (failover: string, zones: readonly string[] = ["eu-1", "eu-2"], zone = "eu-1"): GatewayOptions => ({
  service: `loadBalancer: { zone: ${zone}, failover: ${failover} }\n${checked}`,
  places: placesOf(...zones),
});

/** As it is without `failover`. */
const byOrder: GatewayOptions = { service: `loadBalancer: { zone: eu-1 }\n${checked}`, places: placesOf("eu-1", "eu-2") };

const slower = inZone("{ slower: 2 }");
const twoZones = { gateways: [inZone("{ slower: 2 }"), inZone("{ slower: 2 }", ["eu-1", "eu-2"], "eu-2")] };

/** Of one zone. */
const zoneOf = (plan: EndpointPlan): EndpointPlan[] => many(2, plan);
const ofZone = ({ shares }: Figures, zone: number): number => shares[2 * zone]! + shares[2 * zone + 1]!;
const awayFromHome = ({ ofGateways: [one, other] }: Figures): number => Math.max(one![2]! + one![3]!, other![0]! + other![1]!);

const slowFrom20 = [...zoneOf(inTurn([0, quick], [20, slow])), ...zoneOf(always(quick))];
const slowUntil40 = [...zoneOf(inTurn([0, quick], [20, slow], [40, quick])), ...zoneOf(always(quick))];
const downFrom20 = [...zoneOf(inTurn([0, quick], [20, "down"], [40, quick])), ...zoneOf(always(quick))];
const flapping = [
  ...zoneOf(inTurn(...Array.from({ length: 12 }, (_, turn) => [turn * 10, turn % 2 === 0 ? quick : slow] as const))),
  ...zoneOf(always(quick)),
];

/** How requests go over from one zone to another. */
export const zones: readonly Scenario[] = [
  {
    name: "two zones that are alike, a gateway in each: calm",
    load: { endpoints: many(4, always(quick)), perSecond: 200, seconds: 40 },
    from: 5,
    seeds: 2,
    subjects: { slower: twoZones },
    theory: { slower: ["`probe: 1%`", "at most 1 % to the other zone"] },
    promises: [
      {
        says: "each asks the other zone to measure it, and for nothing else",
        holds: ({ slower: one }) => awayFromHome(one!) <= 0.015 && awayFromHome(one!) > 0,
      },
    ],
  },
  {
    name: "the own zone becomes 10 times as slow at 20 s: the ten seconds after that",
    load: { endpoints: slowFrom20, perSecond: 200, seconds: 31 },
    from: 20,
    to: 30,
    subjects: { slower },
    promises: [
      { says: "most of them still go there: requests leave little by little", holds: ({ slower: one }) => ofZone(one!, 0) > 0.5 },
    ],
  },
  {
    name: "the same, from 45 s on",
    load: { endpoints: slowFrom20, perSecond: 200, seconds: 60 },
    from: 45,
    seeds: 2,
    subjects: { slower, order: byOrder },
    theory: { order: ["10 times", 229], slower: ["as before", 23] },
    promises: [
      { says: "the slow zone is only measured", holds: ({ slower: one }) => ofZone(one!, 0) <= 0.015 && ofZone(one!, 0) > 0 },
      {
        says: "clients have the latency of the quick one, and without `failover` that of the slow one",
        holds: ({ slower: one, order }) => one!.p50 < 25 && order!.p50 > 150,
      },
    ],
  },
  {
    name: "the own zone is slow from 20 s to 40 s: from 100 s on",
    load: { endpoints: slowUntil40, perSecond: 200, seconds: 115 },
    from: 100,
    subjects: { slower },
    promises: [{ says: "it has its requests again", holds: ({ slower: one }) => ofZone(one!, 0) >= 0.985 }],
  },
  {
    name: "the own zone is down from 20 s to 40 s, with checks: the 18 s before it is back",
    load: { endpoints: downFrom20, perSecond: 200, seconds: 40 },
    from: 22,
    to: 40,
    subjects: { slower },
    promises: [
      { says: "the other zone takes all at once", holds: ({ slower: one }) => one!.good === 1 && ofZone(one!, 1) === 1 },
    ],
  },
  {
    name: "the same, the five seconds after the checks have seen it work",
    load: { endpoints: downFrom20, perSecond: 200, seconds: 47 },
    from: 42,
    to: 47,
    subjects: { slower, order: byOrder },
    theory: { slower: ["from a tenth, a twentieth more each second", "10 to 45 %"], order: ["at once", "100 %"] },
    promises: [
      {
        says: "requests come back little by little, and without `failover` at once",
        holds: ({ slower: one, order }) => ofZone(one!, 0) > 0.08 && ofZone(one!, 0) < 0.45 && ofZone(order!, 0) === 1,
      },
    ],
  },
  {
    name: "the own zone is slow for 10 s, and quick for 10 s, in turn: from 60 s on",
    load: { endpoints: flapping, perSecond: 200, seconds: 100 },
    from: 60,
    subjects: { slower, order: byOrder },
    promises: [
      {
        says: "with each relapse requests come back more slowly: most stay away",
        holds: ({ slower: one }) => ofZone(one!, 0) < 0.3,
      },
      { says: "few wait for it", holds: ({ slower: one, order }) => one!.mean < order!.mean / 2 },
    ],
  },
  {
    name: "the own zone is down from the begin, one of two others is three times as slow as the other",
    load: {
      endpoints: [...zoneOf(inTurn([0, "down"])), ...zoneOf(always({ latency: logNormal(60, 0.5) })), ...zoneOf(always(quick))],
      perSecond: 200,
      seconds: 40,
    },
    from: 25,
    subjects: {
      latency: inZone("{ by: latency }", ["eu-1", "eu-2", "eu-3"]),
      order: inZone("{ slower: 4 }", ["eu-1", "eu-2", "eu-3"]),
    },
    promises: [
      { says: "by latency, the quickest takes over", holds: ({ latency }) => ofZone(latency!, 2) >= 0.985 },
      { says: "by order, those that are equally near share", holds: ({ order }) => Math.abs(ofZone(order!, 1) - 0.5) < 0.05 },
    ],
  },
  {
    name: "two gateways in two zones, of which the first dies at 20 s",
    load: { endpoints: [...zoneOf(inTurn([0, quick], [20, "down"])), ...zoneOf(always(quick))], perSecond: 200, seconds: 35 },
    from: 23,
    subjects: { slower: twoZones },
    promises: [
      {
        says: "both ask the other one, and every answer is good",
        holds: ({ slower: one }) => one!.good === 1 && ofZone(one!, 1) === 1,
      },
    ],
  },
  {
    name: "the own zone has workers for 175 of 250 requests a second, the other one for all",
    load: { endpoints: [...many(2, always(quick, 2)), ...many(2, always(quick, 8))], perSecond: 250, seconds: 60 },
    from: 40,
    subjects: { slower, order: byOrder },
    promises: [
      {
        says: "what is too much goes to the other zone, and the own one keeps what it can do",
        holds: ({ slower: one }) => ofZone(one!, 0) > 0.4 && ofZone(one!, 0) < 0.72,
      },
      {
        says: "nobody waits for long, and without `failover` everybody",
        holds: ({ slower: one, order }) => one!.p99 < 1_000 && order!.p50 > 10_000,
      },
    ],
  },
  {
    name: "two zones with different latencies, none of them too slow",
    load: {
      endpoints: [...zoneOf(always({ latency: logNormal(30, 0.8) })), ...zoneOf(always({ latency: logNormal(20, 0.8) }))],
      perSecond: 200,
      seconds: 90,
    },
    from: 10,
    subjects: { slower },
    promises: [
      {
        says: "1.5 times as long is less than twice, in 80 seconds not once",
        holds: ({ slower: one }) => ofZone(one!, 1) <= 0.015,
      },
    ],
  },
];
