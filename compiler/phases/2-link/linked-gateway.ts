import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { ApiVersionIr, SecurityAlternativeIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import type { RouteMatch } from "../../ir/route.ts";
import type { OptionIr, Scope } from "../../ir/step.ts";
import type { JsonObject, SpecSource } from "../../source/source-set.ts";

/** The result of the second phase: every operation with the policies its authors wrote for it, nothing checked yet. */
export interface LinkedGateway {
  /** With defaults filled in. */
  readonly file: FilledGatewayFile;
  /** As its authors wrote it. */
  readonly written: GatewayFile;
  readonly positions: Positions;
  /** Text of an input file, to find places inside of long values. */
  textOf(file: string): string | undefined;
  readonly sources: readonly { readonly file: string; readonly sha256: string }[];
  readonly apis: readonly ApiVersionIr[];
  readonly operations: readonly LinkedOperation[];
  /** The gateway's own policies, for requests that match no operation. */
  readonly gatewayPolicies: readonly EffectivePolicy[];
  /** `errors` of each API as a whole and of each of its versions; empty where no API writes any. */
  readonly apiErrors: readonly ApiErrors[];
  /** Security schemes as the specs declare them, by name, first declaration first. */
  readonly declaredSchemes: ReadonlyMap<string, readonly DeclaredScheme[]>;
}

/** How an API, or one version of it, has the errors that the gateway makes. */
export interface ApiErrors {
  readonly api: string;
  readonly version: string | undefined;
  readonly policies: readonly EffectivePolicy[];
}

export interface DeclaredScheme {
  readonly value: { readonly [key: string]: unknown };
  readonly origin: Origin;
}

export interface LinkedOperation {
  readonly id: string;
  readonly operationId: string;
  readonly api?: string;
  readonly version?: string;
  readonly tags: readonly string[];
  /** Path template as the spec writes it; for spec-less routes the public one. */
  readonly specPath: string;
  readonly match: RouteMatch;
  readonly service?: { readonly name: string; readonly origin: Origin };
  /** Where to add a service when one is missing. */
  readonly serviceAt: Origin;
  readonly strip: number;
  readonly prepend: string;
  /** What the spec demands; undefined where neither operation nor root says anything. */
  readonly security?: { readonly alternatives: readonly SecurityAlternativeIr[]; readonly origin: Origin };
  readonly policies: readonly EffectivePolicy[];
  /** Response fields that the life cycle of the API version asks for, name and value. */
  readonly lifecycle: readonly { readonly name: string; readonly value: string; readonly origin: Origin }[];
  /** When the API version ends, in seconds since the epoch. */
  readonly sunset?: number;
  /** Nobody wrote it: it says what the gateway itself is asked for, and guardrails do not select it. */
  readonly isGenerated?: true;
  /** Where its schemas are; undefined for spec-less routes. */
  readonly spec?: { readonly source: SpecSource; readonly item: JsonObject; readonly operation: JsonObject };
  readonly origin: Origin;
}

/** One policy on one operation after all scopes were merged. */
export interface EffectivePolicy {
  readonly name: string;
  /** Options of each instance, defaults filled in; empty when the policy is off. */
  readonly instances: readonly EffectiveInstance[];
  /** The narrowest scope that wrote it, and where. */
  readonly scope: Scope;
  readonly origin: Origin;
  readonly off: boolean;
}

export interface EffectiveInstance {
  readonly value: unknown;
  readonly mode: "enforce" | "report";
  /** The condition under which it runs, as written. */
  readonly when?: { readonly text: string; readonly origin: Origin };
  /** Every option with the scope and place it came from; pointers are relative to the instance. */
  readonly options: readonly OptionIr[];
  /** Places inside of lists, which are one option each, by pointer. */
  readonly insideLists?: ReadonlyMap<string, Origin>;
  /** Names of the blocks (`tags.write`) that wrote options, by pointer; absent where nobody did. */
  readonly blocks?: ReadonlyMap<string, string>;
  readonly origin: Origin;
}
