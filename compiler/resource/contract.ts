import type { Service } from "../../schema/resources.gen.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { ConfigIr, Lowered, StartValueIr } from "../ir/config.ts";
import type { EmittedIr } from "../ir/emitted.ts";
import type { SchemeIr, ServiceIr } from "../ir/gateway.ts";
import type { ListenerIr } from "../ir/listener.ts";
import type { Origin } from "../ir/origin.ts";
import type { Room as AnyRoom, ExporterIr, ResourceIr, Signal, StoreGift } from "../ir/resource.ts";
import type { StoreUse, StoreWish } from "../ir/store-use.ts";

/** Rooms whose kinds are defined: what is in the others is made along with what it belongs to, and of `credentials` and `caching` there is one each. */
export type Room =
  | Exclude<AnyRoom, "geo" | "tls" | "zones" | "experiments" | "credentials" | "caching" | "serviceCredentials" | "serviceStates">
  | "listeners";

/**
 * A kind of what has a name in `gateway.yaml`. Its rooms: `schema/resources/<room>/`, `compiler/resources/<room>/`, the
 * run-time factory that `lower` names, and samples.
 */
export type ResourceDefinition<In extends Room, Options> = RoomFacts<Options>[In] & {
  readonly room: In;
  /** As users write it: `redis`. The folder is its kebab-case form. */
  readonly name: string;
  /** What the JSON Schema cannot say. */
  check?(options: Options, context: RoomContext[In]): void;
  /** Options, with defaults filled in and already checked, to the call of a run-time factory. Returns data, never text. */
  lower(options: Options, context: RoomContext[In]): LoweredResource<In>;
};

/** What else definitions of a room say. */
interface RoomFacts<Options> {
  readonly exporters: {
    /** What it can send. */
    readonly takes: readonly Signal[];
  };
  readonly listeners: object;
  readonly stores: {
    /** What policies may ask of it. */
    readonly gives: readonly StoreGift[];
    /** Bytes of the largest answer that it keeps for a cache. */
    largestAnswer?(options: Options): number;
    /** It can be out of reach: policies that use it have to say what they do then. */
    readonly mayFail: boolean;
  };
  readonly services: object;
  readonly identity: {
    /** `type` (and for `http`, `scheme`) of the OpenAPI security schemes it implements: `apiKey`, `http bearer`. */
    readonly implements: readonly string[];
    /** All that some identity has, where the options list it (undefined: they do not): what is asked for beside that, nobody has. */
    grants?(options: Options): Grants | undefined;
  };
}

export interface Grants {
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** What definitions of a room get beside the options. */
export interface RoomContext {
  readonly exporters: ExporterContext;
  readonly listeners: ListenerContext;
  readonly stores: ResourceContext;
  readonly services: ServiceContext;
  readonly identity: SchemeContext;
}

export interface ExporterContext extends ResourceContext {
  /** What policies give it, in the order of `signals`: of nothing else it needs to know how it is sent. */
  readonly signals: readonly Signal[];
  /** Version of gatewright. */
  readonly version: string;
}

export interface ServiceContext extends ResourceContext {
  /** All services of the gateway as their authors wrote them, this one among them. */
  readonly services: { readonly [name: string]: Service | undefined };
  /** A store that the options name, as a policy has one (`PolicyContext.store`). In `lower`. */
  store(wish: StoreWish): StoreUse | undefined;
}

export interface ResourceContext {
  /** Of the resource. */
  readonly name: string;
  /** Of the gateway. */
  readonly gateway: string;
  readonly origin: Origin;
  /** Place of one option by JSON pointer (`/timeout`); of the nearest that was written where it was not. */
  at(pointer: string): Origin;
  /** Place of its key. */
  key(pointer: string): Origin;
  /** Its authors wrote it, and it is no default. */
  isWritten(pointer: string): boolean;
  /** A written `{ env }` or `{ file }` reference as a value read at start. */
  secret(reference: { readonly env: string } | { readonly file: string }, pointer: string): StartValueIr;
  /**
   * The CEL expression of the option at `pointer`, over what each request has: `request`, `peer`, `now`, and `identity` where
   * somebody is known. Undefined where it is wrong, which is reported. In `lower`.
   */
  expression(text: string, pointer: string, expected: "bool" | "string"): EmittedIr<"expression"> | undefined;
  report(diagnostic: Diagnostic): void;
}

export interface ListenerContext extends ResourceContext {
  /** Fields in which policies of the gateway tell services who calls, folded and sorted: no client may write them. */
  readonly identityFields: readonly string[];
}

export interface SchemeContext extends ResourceContext {
  /** The scheme as the specs declare it (OpenAPI Security Scheme Object); undefined where no spec does. */
  readonly declared: { readonly [key: string]: unknown } | undefined;
  readonly declaredAt: Origin | undefined;
  /**
   * The validator of a JSON Schema (2020-12, without references) that the options have, or that was made of a part of them:
   * `from`. In `lower`.
   */
  validator(schema: object, from: object): EmittedIr<"validator">;
  /** A store that the options name, as a policy has one (`PolicyContext.store`). In `lower`. */
  store(wish: StoreWish): StoreUse | undefined;
}

/** What others ask of a resource of a room, beside its config. */
interface RoomViews {
  readonly exporters: Pick<ExporterIr, "notes">;
  readonly listeners: Omit<ListenerIr, keyof ResourceIr>;
  readonly stores: object;
  readonly services: Pick<
    ServiceIr,
    "endpoints" | "protocol" | "speaksGrpc" | "tls" | "zones" | "credential" | "retry" | "states" | "fallback" | "notes"
  >;
  readonly identity: Pick<
    SchemeIr,
    | "async"
    | "readsBody"
    | "settles"
    | "isUnverified"
    | "challenge"
    | "needsClientCertificate"
    | "bindsToCertificate"
    | "field"
    | "takesQuery"
    | "tokenInQuery"
    | "passesAll"
    | "tells"
    | "remarks"
    | "ends"
  >;
}

/** What a definition makes of its options. */
export type LoweredResource<In extends Room> = Pick<
  ResourceIr,
  // What stands in the gateway itself is made by nobody.
  (In extends "listeners" ? never : "factory") | "config" | "roles" | "summary"
> &
  RoomViews[In];

export const defineResource = <Options, In extends Room>(
  definition: ResourceDefinition<In, Options>,
): ResourceDefinition<In, Options> => definition;

/** Result of a `lower`, with the config checked against the type of the factory's parameter. */
export const create = <Config extends object>(
  module: string,
  name: string,
  config: Lowered<Config>,
): Pick<ResourceIr, "factory" | "config"> => ({
  factory: { module, name },
  // Plain data and nodes all the way down, which an interface without index signature does not say.
  config: config as ConfigIr,
});

/** The same for what stands in the gateway itself, with the config checked against what the run-time library takes. */
export const configured = <Config extends object>(config: Lowered<Config>): Pick<ResourceIr, "config"> => ({
  // Plain data and nodes all the way down, which an interface without index signature does not say.
  config: config as ConfigIr,
});
