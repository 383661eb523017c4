import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { ConfigIr, Lowered, StartValueIr } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";
import type { ResourceIr, Room, StoreGift } from "../ir/resource.ts";

/**
 * A kind of what has a name in `gateway.yaml`: options under `stores.<name>.<kind>`. Its rooms: `schema/resources/<room>/`,
 * `compiler/resources/<room>/`, the run-time factory that `lower` names, and samples.
 */
export type ResourceDefinition<In extends Room, Options> = RoomFacts[In] & {
  readonly room: In;
  /** As users write it: `redis`. The folder is its kebab-case form. */
  readonly name: string;
  /** What the JSON Schema cannot say. */
  check?(options: Options, context: ResourceContext): void;
  /** Options, with defaults filled in and already checked, to the call of a run-time factory. Returns data, never text. */
  lower(options: Options, context: ResourceContext): LoweredResource;
};

/** What else definitions of a room say. */
interface RoomFacts {
  readonly stores: {
    /** What policies may ask of it. */
    readonly gives: readonly StoreGift[];
    /** It can be out of reach: policies that use it have to say what they do then. */
    readonly mayFail: boolean;
  };
  readonly services: object;
  readonly identity: object;
}

/** What `check` and `lower` get beside the options. */
export interface ResourceContext {
  /** Of the resource. */
  readonly name: string;
  /** Of the gateway. */
  readonly gateway: string;
  readonly origin: Origin;
  /** Place of one option by JSON pointer (`/timeout`); of the nearest that was written where it was not. */
  at(pointer: string): Origin;
  /** A written `{ env }` or `{ file }` reference as a value read at start. */
  secret(reference: { readonly env: string } | { readonly file: string }, pointer: string): StartValueIr;
  /** Text that may have `${env:NAME}` in it. */
  setting(text: string, pointer: string): StartValueIr | string;
  report(diagnostic: Diagnostic): void;
}

/** What a definition makes of its options. */
export type LoweredResource = Pick<ResourceIr, "factory" | "config" | "roles" | "summary">;

export const defineResource = <Options, In extends Room>(
  definition: ResourceDefinition<In, Options>,
): ResourceDefinition<In, Options> => definition;

/** Result of a `lower`, with the config checked against the type of the factory's parameter. */
export const create = <Config extends object>(
  module: string,
  name: string,
  config: Lowered<Config>,
  facts: Pick<LoweredResource, "roles" | "summary">,
): LoweredResource => ({
  factory: { module, name },
  // Plain data and nodes all the way down, which an interface without index signature does not say.
  config: config as ConfigIr,
  ...facts,
});
