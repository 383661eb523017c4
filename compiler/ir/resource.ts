import type { ConfigIr } from "./config.ts";
import type { GatewayIr } from "./gateway.ts";
import type { Origin } from "./origin.ts";
import type { Role } from "./role.ts";

/**
 * What has a name in `gateway.yaml`, by kind, and what belongs to something that has one: `tls`, which secures its
 * connections, `serviceStates`, what is known of services while they are asked, and `serviceCredentials`, which services get from the gateway; `zones`, where the endpoints of services are; `credentials`: what is known of credentials
 * beside their schemes; `caching`: what is about all caches; `experiments`: what decides about the shares of a split, whichever operations have it; `geo`, the one that knows where addresses are; and `exporters`, which send away what others tell them, and so
 * stop last. In the order of who may need whom: a service needs its `tls`, a scheme may need a store.
 */
export const rooms = [
  "geo",
  "exporters",
  "stores",
  "experiments",
  "credentials",
  "caching",
  "tls",
  "zones",
  "services",
  "serviceStates",
  "serviceCredentials",
  "identity",
] as const;
export type Room = (typeof rooms)[number];

/** Something with a name in `gateway.yaml`: one constant in the bundle, made by the factory of its kind. */
export interface ResourceIr<In extends Room | "listeners" = Room> {
  readonly kind: "resource";
  readonly room: In;
  /** As users write it: `redis`, `apiKey`. */
  readonly type: string;
  /** Key under the room, unique in it. */
  readonly name: string;
  /** Where the run-time factory lives, below `runtime/`, and its export. */
  readonly factory: { readonly module: string; readonly name: string };
  readonly config: ConfigIr;
  /** What it is to the gateway itself. */
  readonly roles?: readonly Role[];
  /** What a reader of the generated code and of `explain` sees. */
  readonly summary: string;
  readonly origin: Origin;
}

/** The run-time constant of a resource, in the config of a step or of another resource. */
export interface ResourceRefIr<In extends Room = Room> {
  readonly kind: "resource";
  readonly room: In;
  readonly name: string;
}

/** What a policy may ask a store for. */
export const storeGifts = [
  "counters",
  "values",
  "sets",
  "messages",
  "records",
  "tables",
  "claims",
  "answers",
  "memory",
  "registry",
] as const;
export type StoreGift = (typeof storeGifts)[number];

/** Where policies keep what outlives a request. */
export interface StoreIr extends ResourceIr<"stores"> {
  readonly gives: readonly StoreGift[];
  /** It can be out of reach. */
  readonly mayFail: boolean;
}

/** What an exporter may be given: see what each kind takes. */
export const signals = ["traces", "metrics"] as const;
export type Signal = (typeof signals)[number];

/** Where the gateway sends what it tells of itself. */
export interface ExporterIr extends ResourceIr<"exporters"> {
  /** What policies give it, in the order of `signals`. */
  readonly signals: readonly Signal[];
  /** One line for each thing that a reader of `explain` wants to know: where each signal goes, what is held when that fails. */
  readonly notes: readonly string[];
}

/** Who is needed before who needs it. */
export const allResources = (
  ir: Pick<
    GatewayIr,
    "geo" | "exporters" | "stores" | "experiments" | "credentials" | "caching" | "services" | "schemes" | "listeners"
  >,
): readonly ResourceIr[] => [
  ...(ir.geo === undefined ? [] : [ir.geo]),
  ...(ir.exporters ?? []),
  ...ir.stores,
  ...(ir.experiments ?? []),
  ...(ir.credentials ?? []),
  ...(ir.caching ?? []),
  ...[ir.listeners.public, ...ir.services].flatMap(({ tls }) => (tls === undefined ? [] : [tls])),
  ...ir.services.flatMap(({ zones }) => (zones === undefined ? [] : [zones])),
  ...ir.services,
  ...ir.services.flatMap(({ states = [] }) => states),
  ...ir.services.flatMap(({ credential }) => (credential === undefined ? [] : [credential])),
  ...ir.schemes,
];

export const resourceRef = <In extends Room>(room: In, name: string): ResourceRefIr<In> => ({ kind: "resource", room, name });
