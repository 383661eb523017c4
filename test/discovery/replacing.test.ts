import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createEjection } from "../../runtime/upstream/attempts/ejection.ts";
import { createManagedService, type ManagedService } from "../../runtime/upstream/attempts/managed-service.ts";
import { createEndpointLoads, EndpointLoad } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createLevels } from "../../runtime/upstream/balance/levels.ts";
import { createPowerOfTwo } from "../../runtime/upstream/balance/two-choices.ts";
import { Member } from "../../runtime/upstream/discovery/member.ts";
import { Members } from "../../runtime/upstream/discovery/members.ts";
import type { Place } from "../../runtime/upstream/discovery/places.ts";
import { type KnownEndpoints, replacing, unitsPerSlice } from "../../runtime/upstream/discovery/replacing.ts";
import type { Endpoint } from "../../runtime/upstream/endpoint.ts";
import { forwarding, gateway, using } from "../runtime/support/gateway.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

function discovered(): ManagedService {
  return createManagedService({
    name: "orders",
    endpoints: [],
    loadBalancer: createLevels({ loadBalancer: createPowerOfTwo() }),
    watchers: [createEndpointLoads()],
    ejection: createEjection({ service: "orders", consecutive: 5, minimum: 10, window: 10_000, eject: 30_000, maxEject: 300_000, most: 0.5 }), // biome-ignore format: one line
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 60_000, streams: 100 },
    required: false,
  });
}

const member = (url: string, { id, ...place }: Partial<Place> & { readonly id?: string } = {}): Member =>
  new Member(url.slice("http://".length), id, { weight: 1, ...place });

const nothing = (): KnownEndpoints => ({ members: new Members(), terms: { scheme: "http", path: "" } });

function replace(service: ManagedService, known: KnownEndpoints, members: readonly Member[]): void {
  for (const _ of replacing(service, known, new Members(members)));
}

describe("a set of endpoints is replaced by difference", () => {
  it("those that stay are the same, with what is known of them; weights and places are those of the registry", () => {
    const [service, known] = [discovered(), nothing()];
    replace(service, known, [member("http://a:80"), member("http://b:80", { id: "pod-1" }), member("http://c:80")]);
    const [a, b, c] = service.set.all;
    service.set.mark(a!, "unhealthy", true);
    a!.load = new EndpointLoad();
    a!.load.inFlight = 3;
    replace(service, known, [
      member("http://a:80", { weight: 5, priority: 1, zone: "eu-1" }),
      member("http://b:80", { id: "pod-2" }),
      member("http://d:80"),
    ]);
    const [again, other, d] = service.set.all;
    expect(again).toBe(a);
    expect([again!.weight, again!.place?.zone, again!.load!.inFlight, service.set.has(a!, "unhealthy")]).toEqual([
      5,
      "eu-1",
      3,
      true,
    ]);
    // Another one at the same place, by the name of its registry.
    expect(other).not.toBe(b);
    expect(service.set.usable).toEqual([other, d]);
    // A new endpoint among old ones begins slowly; the very first ones did not.
    expect([a!.backSince, typeof d!.backSince]).toEqual([undefined, "number"]);
    expect(service.set.has(c!, "draining")).toBe(true);
    expect(service.endpoints).toBe(service.set.all);
  });

  it("no endpoint, and none that can be chosen, is no error", () => {
    const [service, known] = [discovered(), nothing()];
    expect(service.set.picker).toBeUndefined();
    replace(service, known, [member("http://a:80")]);
    expect(service.set.picker).toBeDefined();
    replace(service, known, []);
    expect([service.set.picker, known.members.size]).toEqual([undefined, 0]);
  });

  it("10,000 endpoints changed at once: no slice of work makes or leaves more than a few, and those in use change in one step", () => {
    const [service, known] = [discovered(), nothing()];
    const set = (network: number): Member[] =>
      Array.from({ length: 10_000 }, (_, index) => member(`http://10.${network}.${index >> 8}.${index & 255}:8080`));
    replace(service, known, set(0));
    let made = 0;
    const leave = vi.spyOn(Object.getPrototypeOf(service.set.all[0]) as Endpoint, "leave");
    const { carriersOf } = service;
    // Looked at for each endpoint that is made.
    const counting = new Members(set(1).map((one) => ({ ...one, get place() { made++; return one.place; } }))); // biome-ignore format: one line
    const sizes: number[] = [];
    let swaps = 0;
    let before = service.set.all;
    let [madeBefore, leftBefore] = [0, 0];
    for (const _ of replacing(service, known, counting)) {
      sizes.push(made - madeBefore + (leave.mock.calls.length - leftBefore));
      [madeBefore, leftBefore] = [made, leave.mock.calls.length];
      if (service.set.all !== before) swaps++;
      before = service.set.all;
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(unitsPerSlice);
    expect(sizes.length).toBeGreaterThan(2 * Math.floor(10_000 / unitsPerSlice));
    expect([swaps, service.set.all.length, leave.mock.calls.length]).toEqual([1, 10_000, 10_000]);
    expect(service.carriersOf).toBe(carriersOf);
    leave.mockRestore();
  });
});

it("a removed endpoint finishes what it has, gets nothing new, and its idle connections are closed", async () => {
  const open = new Set<unknown>();
  let finish = (): void => {};
  const listen = async (name: string): Promise<string> => {
    const server = createServer((request, response) => {
      if (request.url === "/slow") finish = () => void response.end(`late from ${name}`);
      else response.end(name);
    });
    server.on("connection", (socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const [service, known] = [discovered(), nothing()];
  const [a, b] = [await listen("a"), await listen("b")];
  replace(service, known, [member(a)]);
  await using(gateway(forwarding(service)), async ({ port }) => {
    const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    const late = get("/slow");
    await vi.waitFor(() => expect(open.size).toBe(1));
    // A second connection, which is idle afterwards.
    expect(await get("/")).toBe("a");
    expect(open.size).toBe(2);
    replace(service, known, [member(b)]);
    expect(await get("/")).toBe("b");
    await vi.waitFor(() => expect(open.size).toBe(2));
    finish();
    expect(await late).toBe("late from a");
    // That of b is left.
    await vi.waitFor(() => expect(open.size).toBe(1));
  });
});
