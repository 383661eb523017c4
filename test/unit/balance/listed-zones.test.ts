import { beforeEach, expect, it, vi } from "vitest";
import type { WorkerSums } from "../../../runtime/gateway/metrics.ts";
import { clock } from "../../../runtime/life/clock.ts";
import type { Life } from "../../../runtime/life/life.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";
import type { Attempt } from "../../../runtime/upstream/attempts/attempt.ts";
import { EndpointSet } from "../../../runtime/upstream/attempts/endpoint-set.ts";
import { createRoundRobin } from "../../../runtime/upstream/balance/round-robin.ts";
import { createRandom } from "../../../runtime/upstream/balance/two-choices.ts";
import { createZoneLevels } from "../../../runtime/upstream/balance/zones/zone-levels.ts";
import { createZones } from "../../../runtime/upstream/balance/zones/zones.ts";
import type { Endpoint, Place } from "../../../runtime/upstream/endpoint.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

let now = 0;

beforeEach(() => {
  now = 1_000_000;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  vi.spyOn(Math, "random").mockImplementation(seededChance(7));
  return () => vi.restoreAllMocks();
});

const x = fakeExchange();

const attemptAt = (endpoint: Endpoint): Attempt =>
  ({ endpoint, startedAt: now, headAt: 0, endedAt: 0, status: 0, error: "" }) as unknown as Attempt;

it("zones come and go with what a registry says; a new one among others begins with a tenth", () => {
  const zones = createZones({ service: "orders", zone: "a", byLatency: true, probe: 0.01 });
  const endpointIn = (url: string, place: Place): Endpoint => ({ url, weight: 1, marks: 0, place }) as Endpoint;
  const one = endpointIn("http://e0", { zone: "b" });
  const set = new EndpointSet([], createZoneLevels({ loadBalancer: createRoundRobin(), zones }));
  zones.watch(set);
  const listed = (...endpoints: readonly Endpoint[]) => {
    set.replace(endpoints);
    zones.watch(set);
  };
  listed(one);
  expect(zones.state()).toMatchObject([{ zone: "b", endpoints: "1/1", held: "100%" }]);
  const own = endpointIn("http://e1", { zone: "a" });
  listed(one, own);
  expect(zones.state()).toMatchObject([{ zone: "b" }, { zone: "a", held: "10%" }]);
  const picks = Array.from({ length: 1_000 }, () => set.picker!.pick(x));
  expect(picks.filter((pick) => pick === own).length / 1_000).toBeCloseTo(0.1, 1);
  // A request that is still on its way to one that is gone harms nobody.
  listed(own);
  zones.began(attemptAt(one));
  expect(set.picker!.pick(x)).toBe(own);
});

/** Of the service, by zone; of all workers, as a scraper reads them. */
const attemptsIn = (sums: WorkerSums): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Array.from(
      [...sums.expose("text/plain").chunks]
        .join("")
        .matchAll(/^gatewright_service_zone_attempts_total\{.*zone="([^"]*)"\} (\d+)$/gm),
      ([, zone, value]) => [zone, Number(value)],
    ),
  );

it("what was counted of a zone stays in the sum over workers, whenever each of them forgets the zone, and when it comes back", () => {
  const sums = createWorkerSums();
  const places = (zone: string): Place[] => [{ zone }, { zone: "b" }];
  const workers = [1, 2].map(() => {
    const worker = {};
    sums.enter(worker);
    const zones = createZones({ service: "orders", zone: "a", byLatency: true, probe: 0.01 });
    const set = new EndpointSet([], createZoneLevels({ loadBalancer: createRandom(), zones }));
    let review = (): void => {};
    zones.start({ every: (_ms: number, work: () => void) => (review = work) } as unknown as Life);
    const listed = (zone: string): void => {
      set.replace(places(zone).map((place, index) => ({ url: `http://e${index}`, weight: 1, marks: 0, place }) as Endpoint));
      zones.watch(set);
      for (const endpoint of set.all) zones.began(attemptAt(endpoint));
    };
    const tell = (): void => {
      const since = sums.now();
      sums.report(worker, zones.metrics());
      sums.complete(worker, since);
    };
    return { listed, tell, review: () => review() };
  });
  const [one, other] = workers as [(typeof workers)[0], (typeof workers)[0]];
  const scraped = (): Readonly<Record<string, number>> => {
    for (const { tell } of workers) tell();
    return attemptsIn(sums);
  };
  for (const { listed } of workers) listed("c");
  expect(scraped()).toEqual({ b: 2, c: 2 });
  for (const { listed } of workers) listed("d");
  one.review();
  now += 121_000;
  one.review();
  // One of them has forgotten it, and the other has not.
  expect(scraped()).toEqual({ b: 4, c: 2, d: 2 });
  other.review();
  now += 121_000;
  other.review();
  expect(scraped()).toEqual({ b: 4, c: 2, d: 2 });
  one.listed("c");
  expect(scraped()).toEqual({ b: 5, c: 3, d: 2 });
});

it("of zones that a registry names anew for ever, the first are counted apart", () => {
  const sums = createWorkerSums();
  const zones = createZones({ service: "orders", zone: "a", byLatency: true, probe: 0.01 });
  const set = new EndpointSet([], createZoneLevels({ loadBalancer: createRandom(), zones }));
  for (let change = 0; change < 40; change++) {
    set.replace(
      Array.from(
        { length: 10 },
        (_, index) => ({ url: `http://e${index}`, weight: 1, marks: 0, place: { zone: `${change} ${index}` } }) as Endpoint,
      ),
    );
    zones.watch(set);
    for (const endpoint of set.all) zones.began(attemptAt(endpoint));
  }
  sums.report({}, zones.metrics());
  const { other, ...apart } = attemptsIn(sums);
  expect(Object.values(apart)).toEqual(Array(256).fill(1));
  expect(other).toBe(400 - 256);
});

it("a registry that puts each of thousands into another zone is told no more zones apart than are compared", () => {
  const zones = createZones({ service: "orders", zone: "a", region: ["b"], byLatency: false, slower: 2, probe: 0.01 });
  const set = new EndpointSet([], createZoneLevels({ loadBalancer: createRandom(), zones }));
  const listed = (count: number, ...names: readonly string[]): readonly string[] => {
    const places: Place[] = [...names, ...Array.from({ length: count }, (_, index) => `${now} ${index}`)].map((zone) => ({
      zone,
    }));
    set.replace(places.map((place, index) => ({ url: `http://${now}-${index}`, weight: 1, marks: 0, place }) as Endpoint));
    zones.watch(set);
    now += 1_000;
    return (zones.state() as { zone: string }[]).map(({ zone }) => zone);
  };
  for (let change = 0; change < 3; change++) {
    const names = listed(2_000, "c");
    expect(names).toHaveLength(65);
    // What is in none of them counts as an endpoint without a zone.
    expect(names).toEqual(expect.arrayContaining(["c", ""]));
    expect(set.picker!.pick(x)).toBeDefined();
  }
  // Those near are always known, and one that stays keeps what is known of it.
  expect(listed(2_000, "c", "a", "b")).toEqual(expect.arrayContaining(["a", "b", "c"]));
  expect(listed(3, "a").filter((name) => name !== "a" && name !== "b" && name !== "c")).toHaveLength(3);
});

it.each(["moves to another zone", "is gone"])("what is under way at an endpoint that %s ends all the same", (what) => {
  const zones = createZones({ service: "orders", zone: "a", byLatency: false, slower: 2, probe: 0.01 });
  const set = new EndpointSet([], createZoneLevels({ loadBalancer: createRandom(), zones }));
  const [moving, staying] = ["http://e0", "http://e1"].map(
    (url) => ({ url, weight: 1, marks: 0, place: { zone: "a" } }) as unknown as Endpoint & { place: Place },
  );
  set.replace([moving!, staying!]);
  zones.watch(set);
  const zone = zones.of(staying!);
  const attempts = Array.from({ length: 6 }, () => {
    const attempt = attemptAt(moving!);
    zones.began(attempt);
    now += 100;
    return attempt;
  });
  if (what === "is gone") set.replace([staying!]);
  else moving!.place = { zone: "b" };
  zones.watch(set);
  for (const attempt of attempts) zones.ended(Object.assign(attempt, { endedAt: now }), "reset");
  // As any failure, and not as what still hangs when it does no more.
  now += 30_000;
  expect(zone.samples.sorted(now)).toEqual(Array(6).fill(1_000));
});
