import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Exchange, Expression } from "../../runtime/exchange/exchange.ts";
import { createManagedService, type ManagedService } from "../../runtime/upstream/attempts/managed-service.ts";
import { createSubsets, type SubsetConfig, type SubsetsConfig } from "../../runtime/upstream/attempts/subsets.ts";
import { createConsistentHash } from "../../runtime/upstream/balance/consistent-hash.ts";
import { createEndpointLoads } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createLevels } from "../../runtime/upstream/balance/levels.ts";
import { createRoundRobin } from "../../runtime/upstream/balance/round-robin.ts";
import { createSticky } from "../../runtime/upstream/balance/sticky.ts";
import { createLeastRequests, createPowerOfTwo, createRandom } from "../../runtime/upstream/balance/two-choices.ts";
import { type Listed, Member, MemberReader, type Terms } from "../../runtime/upstream/discovery/member.ts";
import { Members } from "../../runtime/upstream/discovery/members.ts";
import type { Place } from "../../runtime/upstream/discovery/places.ts";
import { type KnownEndpoints, replacing, unitsPerSlice } from "../../runtime/upstream/discovery/replacing.ts";
import type { LoadBalancer } from "../../runtime/upstream/load-balancer.ts";
import { forwarding, gateway, using } from "../runtime/support/gateway.ts";

const subset = (name: string, version: string, more: Partial<SubsetConfig> = {}): SubsetConfig => ({
  name,
  metadata: { version },
  mayBeAny: false,
  ...more,
});

/** Requests of version `next` to v2, all others to v1. */
const versions = (more: Partial<SubsetConfig> = {}): readonly SubsetConfig[] => [
  subset("next", "v2", { when: ((x) => x.headers.get("x-version") === "next") as Expression<boolean>, ...more }),
  subset("stable", "v1"),
];

function discovered(config: Partial<SubsetsConfig> = {}, loadBalancer: LoadBalancer = createRoundRobin(), sticky = false) {
  const subsets = createSubsets({ subsets: versions(), ...config });
  const service = createManagedService({
    name: "orders",
    endpoints: [],
    loadBalancer,
    subsets,
    ...(config.panic === undefined ? {} : { panic: config.panic }),
    ...(sticky
      ? { sticky: createSticky({ cookie: "route", path: "/", sameSite: "Lax", key: "0123456789abcdef" as never }) }
      : {}),
    watchers: [createEndpointLoads()],
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 60_000, streams: 100 },
    required: false,
  });
  return { service, subsets };
}

const known = new WeakMap<ManagedService, KnownEndpoints>();
function replace(service: ManagedService, members: readonly Member[]): void {
  const before = known.get(service) ?? { members: new Members(), terms: { scheme: "http" as const, path: "" } };
  known.set(service, before);
  for (const _ of replacing(service, before, new Members(members)));
}

const member = (name: string, version: string | undefined, more: Partial<Place> = {}, url = `http://${name}:80`): Member =>
  new Member(url.slice("http://".length), undefined, {
    weight: 1,
    ...(version === undefined ? {} : { metadata: { version } }),
    ...more,
  });

/** As far as choosing looks at it. */
const request = (version?: string, cookie?: string): Exchange => {
  const fields = new Map([["x-version", version], ["cookie", cookie]]); // biome-ignore format: one line
  return { headers: { get: (name: string) => fields.get(name) } } as unknown as Exchange;
};

/** Names of the endpoints that many requests get. */
function chosen({ set }: ManagedService, x: Exchange): string[] {
  const found = new Set<string>();
  for (let count = 0; count < 200; count++) found.add(set.picker?.pick(x)?.authority.replace(":80", "") ?? "none");
  return [...found].sort();
}

const all = [member("a", "v1"), member("b", "v1"), member("c", "v2"), member("d", "v2"), member("e", undefined)];

describe("requests go to the endpoints that their subset asks for", () => {
  const algorithms: [string, () => LoadBalancer][] = [
    ["roundRobin", createRoundRobin],
    ["random", createRandom],
    ["leastRequests", createLeastRequests],
    ["powerOfTwo", createPowerOfTwo],
    [
      "consistentHash",
      () => createConsistentHash({ key: (() => String(Math.random())) as unknown as Expression<string>, balance: 100 }),
    ],
  ];

  it.each(algorithms)("with %s", (_, create) => {
    const { service } = discovered({}, create());
    replace(service, all);
    expect(chosen(service, request("next"))).toEqual(["c", "d"]);
    expect(chosen(service, request())).toEqual(["a", "b"]);
  });

  it("those of no subset to any endpoint", () => {
    const { service } = discovered({ subsets: versions().slice(0, 1) });
    replace(service, all);
    expect(chosen(service, request())).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("metadata that changes in the registry moves an endpoint at once: blue-green without a rebuild", () => {
    const { service, subsets } = discovered({ subsets: [subset("live", "green")] });
    replace(service, [member("a", "green"), member("b", "blue")]);
    expect([chosen(service, request()), subsets.state()]).toEqual([["a"], { live: 1 }]);
    replace(service, [member("a", "blue"), member("b", "green")]);
    expect([chosen(service, request()), subsets.state()]).toEqual([["b"], { live: 1 }]);
  });

  it("and is empty at no time of a change that fills it, whatever happens while new endpoints are made", () => {
    const { service } = discovered({ subsets: [subset("live", "green")] });
    const old = Array.from({ length: 3 }, (_, index) => `old-${index}`);
    const fresh = Array.from({ length: 2 * unitsPerSlice }, (_, index) => `new-${index}`);
    replace(
      service,
      old.map((name) => member(name, "green")),
    );
    const [first] = service.set.all;
    let looks = 0;
    const next = [...old.map((name) => member(name, "blue", { weight: 9 })), ...fresh.map((name) => member(name, "green"))];
    for (const _ of replacing(service, known.get(service)!, new Members(next))) {
      looks++;
      // A health check changes its mind.
      service.set.mark(first!, "unhealthy", looks % 2 === 1);
      expect(service.set.picker?.pick(request())).toBeDefined();
      const isOld = service.set.all.length === old.length;
      expect(service.set.all.slice(0, 3).map(({ weight }) => weight)).toEqual(isOld ? [1, 1, 1] : [9, 9, 9]);
    }
    expect(looks).toBeGreaterThanOrEqual(3);
  });

  it("a further attempt goes to another endpoint of the same subset, and to none outside of it", () => {
    const { service } = discovered();
    replace(service, all);
    const first = service.set.picker!.pick(request("next"))!;
    const second = service.set.picker!.another(request("next"), [first])!;
    expect([first.authority, second.authority].sort()).toEqual(["c:80", "d:80"]);
    expect(service.set.picker!.another(request("next"), [first, second])).toBeUndefined();
  });

  it("zones and priorities count within a subset", () => {
    const { service } = discovered({}, createLevels({ loadBalancer: createRoundRobin(), zone: "eu" }));
    replace(service, [
      member("a", "v1", { zone: "eu" }),
      member("b", "v1", { zone: "us" }),
      member("c", "v2", { zone: "us", priority: 1 }),
      member("d", "v2", { zone: "us" }),
    ]);
    expect(chosen(service, request())).toEqual(["a"]);
    expect(chosen(service, request("next"))).toEqual(["d"]);
  });

  it("a cookie keeps a client within its subset, and leads to no other", () => {
    const { service } = discovered({}, createRoundRobin(), true);
    replace(service, all);
    const cookies = new Map<string, string>();
    for (const endpoint of service.set.all) {
      const headers = { add: (_: string, value: string) => void cookies.set(endpoint.authority, value.split(";")[0]!) };
      service.sticky!.remember({ ...request(), peer: { secure: false } } as unknown as Exchange, endpoint, headers as never);
    }
    expect(chosen(service, request("next", cookies.get("d:80")))).toEqual(["d"]);
    expect(chosen(service, request("next", cookies.get("a:80")))).toEqual(["c", "d"]);
  });
});

describe("a subset of which no endpoint can be used", () => {
  it("gets nothing, or any other endpoint where that is allowed", () => {
    const { service } = discovered();
    replace(service, [member("a", "v1")]);
    expect([chosen(service, request("next")), chosen(service, request())]).toEqual([["none"], ["a"]]);
    const lenient = discovered({ subsets: versions({ mayBeAny: true }) }).service;
    replace(lenient, [member("a", "v1"), member("c", "v2")]);
    expect(chosen(lenient, request("next"))).toEqual(["c"]);
    lenient.set.mark(lenient.set.all[1]!, "unhealthy", true);
    expect(chosen(lenient, request("next"))).toEqual(["a"]);
  });

  it("panics for itself: its endpoints that do not work get its requests, and no other subset does", () => {
    const { service, subsets } = discovered();
    replace(service, all);
    for (const endpoint of service.set.all.slice(2, 4)) service.set.mark(endpoint, "unhealthy", true);
    expect([chosen(service, request("next")), chosen(service, request())]).toEqual([["c", "d"], ["a", "b"]]); // biome-ignore format: one line
    expect(subsets.state()).toEqual({ next: 0, stable: 2 });
    service.set.mark(service.set.all[2]!, "unhealthy", false);
    expect(chosen(service, request("next"))).toEqual(["c"]);
  });

  it("is refused where panic is", () => {
    const { service } = discovered({ panic: { below: 0, refuses: true } });
    replace(service, all);
    for (const endpoint of service.set.all.slice(2, 4)) service.set.mark(endpoint, "unhealthy", true);
    expect([chosen(service, request("next")), chosen(service, request())]).toEqual([["none"], ["a", "b"]]); // biome-ignore format: one line
    // Then there is none at all, and that has nothing to do with subsets.
    for (const endpoint of service.set.all) service.set.mark(endpoint, "unhealthy", true);
    expect(service.set.picker).toBeUndefined();
  });

  it("answers with 503 and says why; counted by subset, whatever clients write", async () => {
    const origin = createServer((_, response) => void response.end("a"));
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void origin.close().closeAllConnections());
    const { service, subsets } = discovered();
    replace(service, [member("a", "v1", {}, `http://127.0.0.1:${(origin.address() as AddressInfo).port}`)]);
    await using(gateway(forwarding(service)), async ({ port }) => {
      const get = (version: string) => fetch(`http://127.0.0.1:${port}/`, { headers: { "X-Version": version } });
      expect(await (await get("v2")).text()).toBe("a");
      const answer = await get("next");
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await answer.json()).toMatchObject({ type: "urn:gatewright:problem:subset-empty" });
    });
    const values = Object.fromEntries(subsets.metrics(`service="orders"`).map(({ name, samples }) => [name, samples]));
    expect(values).toEqual({
      gatewright_service_subset_endpoints: [
        { labels: `service="orders",subset="next"`, value: 0 },
        { labels: `service="orders",subset="stable"`, value: 1 },
      ],
      gatewright_service_subset_empty_total: [
        { labels: `service="orders",subset="next"`, value: 1 },
        { labels: `service="orders",subset="stable"`, value: 0 },
      ],
    });
  });
});

it("of what a registry says only what subsets ask for is kept, as text; what is none says nothing", () => {
  const terms = { scheme: "http", path: "", metadata: ["version", "canary", "note", "toString"] } as const;
  const metadata = { version: 2, canary: true, note: "x".repeat(201), other: "kept nowhere", list: ["v2"] };
  const placeOf = (listed: Listed, of: Terms): Place => new MemberReader(of).read(listed).place;
  const address = "10.0.0.1:8080";
  expect(placeOf({ address, metadata }, terms).metadata).toEqual({ version: "2", canary: "true" });
  expect(placeOf({ address, metadata: null }, terms)).toEqual({ weight: 1 });
  expect(placeOf({ address, metadata }, { scheme: "http", path: "" })).toEqual({ weight: 1 });
});
