import { expect, it } from "vitest";
import { make } from "../../compiler/ir/config.ts";
import { resourceRef } from "../../compiler/ir/resource.ts";
import { configured, create } from "../../compiler/resource/contract.ts";
import type { ListenerConfig } from "../../runtime/gateway/listener.ts";
import type { TlsConfig as ListenerTlsConfig } from "../../runtime/listener/tls.ts";
import type { MemoryStoreConfig } from "../../runtime/stores/memory/config.ts";
import type { NamesConfig } from "../../runtime/upstream/names.ts";
import type { ServiceConfig } from "../../runtime/upstream/service.ts";

/**
 * What a definition lowers is checked against the type of the run-time factory: each line below that is marked fails the type
 * check, and the type check fails where one no longer does. So a new field of a service or a listener is three edits, and the second and
 * third are asked for: its schema, `lower`, the run-time config.
 */
const service = {
  name: "orders",
  endpoints: [{ url: "http://a", weight: 1 }],
  timeout: { connect: 1, response: 1 },
  connections: { max: 1, pending: 1, idle: 1, streams: 1 },
  required: false,
};
const { required: _required, ...lacking } = service;
const listener = { port: 8080, trustedProxies: [] };

const wrong = {
  "a misspelt field of a service": () =>
    // @ts-expect-error
    create<ServiceConfig>("upstream/service", "createService", { ...service, loadBalncer: make("m", "roundRobin") }),
  "a field that a service lacks": () =>
    // @ts-expect-error
    create<ServiceConfig>("upstream/service", "createService", lacking),
  "a field of another type": () =>
    // @ts-expect-error
    create<ServiceConfig>("upstream/service", "createService", { ...service, required: "yes" }),
  "data where the run-time library makes something": () =>
    // @ts-expect-error
    create<ServiceConfig>("upstream/service", "createService", { ...service, loadBalancer: { algorithm: "roundRobin" } }),
  "a resource of another room": () =>
    // @ts-expect-error
    create<ServiceConfig>("upstream/service", "createService", { ...service, tls: resourceRef("stores", "default") }),
  "a misspelt field of what a service is made of": () =>
    // @ts-expect-error
    make<NamesConfig>("upstream/names", "createNames", { service: "orders", ttl: { min: 1, maximum: 2 } }),
  "a misspelt field of a store": () =>
    // @ts-expect-error
    create<MemoryStoreConfig>("stores/memory/memory-store", "createMemoryStore", { name: "default", maxByte: 1 }),
  "a misspelt field of a listener": () =>
    // @ts-expect-error
    configured<ListenerConfig>({ ...listener, trustedProxys: [] }),
  "a field that a listener lacks": () =>
    // @ts-expect-error
    configured<ListenerConfig>({ port: 8080 }),
  "a misspelt field of a listener's bounds": () =>
    // @ts-expect-error
    configured<ListenerConfig>({ ...listener, bounds: { idelMs: 1 } }),
  "data where the run-time library makes a listener's socket": () =>
    // @ts-expect-error
    configured<ListenerConfig>({ ...listener, socket: { path: "/run/a.sock", isTrusted: false } }),
  "a setting that is no number, where a listener has one": () =>
    // @ts-expect-error
    configured<ListenerConfig>({ ...listener, port: "8080" }),
  "a misspelt field of a listener's certificates": () =>
    // @ts-expect-error
    create<ListenerTlsConfig>("listener/tls", "createTls", { certificates: [], minVersion: "TLSv1.2", ticketRotations: 1 }),
};

it("a config that its factory would not take does not compile", () => {
  // What is wrong is wrong for the type check; here, that each of them is a config otherwise.
  for (const [what, lower] of Object.entries(wrong)) expect(lower(), what).toHaveProperty("config");
  expect(
    create<ServiceConfig>("upstream/service", "createService", { ...service, tls: resourceRef("tls", "services.orders") }),
  ).toEqual({
    factory: { module: "upstream/service", name: "createService" },
    config: { ...service, tls: { kind: "resource", room: "tls", name: "services.orders" } },
  });
});
