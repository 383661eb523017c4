import type { AuthorizationRule } from "../../schema/gateway.gen.ts";
import type { Diagnostic, DiagnosticExtras } from "../diagnostics/diagnostic.ts";
import type { BodyIr, MessageViews, ResponseIr } from "../ir/body.ts";
import type { ConfigIr, Lowered, NumberIr } from "../ir/config.ts";
import type { EmittedIr } from "../ir/emitted.ts";
import type { ExporterUse, ExporterWish } from "../ir/exporter-use.ts";
import type { ExpressionIr } from "../ir/expression.ts";
import type { AccessIr, GatewayIr, OperationIr, SchemeWay, SecurityRequirementIr, ServiceIr } from "../ir/gateway.ts";
import type { ObjectiveIr } from "../ir/objectives.ts";
import type { Origin } from "../ir/origin.ts";
import type { ParameterIr } from "../ir/parameter.ts";
import type { HedgeIr, OperationRetryIr } from "../ir/retry.ts";
import type { PathPattern } from "../ir/route.ts";
import type { MessageSecretsIr } from "../ir/secrets.ts";
import type { Fact, Hook, Scope, Stage, StepIr } from "../ir/step.ts";
import type { StoreUse, StoreWish } from "../ir/store-use.ts";
import type { PurgesUse, WarmingUse } from "./caching-use.ts";
import type { Told } from "./told.ts";

/** What a policy may know about the operation it is put on. */
export interface OperationContext {
  readonly id: string;
  readonly operationId: string;
  readonly method: string;
  readonly path: PathPattern;
  readonly api?: string;
  readonly version?: string;
  readonly service: string;
  /** Characters of the public path that are dropped before `prepend` is put in front, where no policy says otherwise. */
  readonly strip: number;
  readonly prepend: string;
  /** Lower-case names of header fields by which requests are routed to it; not that of a version that may be left out. */
  readonly routedBy: readonly string[];
  /** Lower-case name of the header field that may name a version. */
  readonly versionField?: string;
  /** When its version ends for good, in seconds since the epoch; absent where nobody says so. */
  readonly sunset?: number;
  /** Where the operation is written, for a related label. */
  readonly origin: Origin;
}

/** What `check` and `lower` get beside the options. */
export interface PolicyContext {
  /** Undefined on the chain for unmatched requests. */
  readonly operation: OperationContext | undefined;
  /** Place of the policy as a whole. */
  readonly origin: Origin;
  /** What `mode` says of the policy on this operation. */
  readonly mode: StepIr["mode"];
  /** Place of one option by JSON pointer (`/limit`); of the policy where the option was not written. */
  at(pointer: string): Origin;
  /** Which block wrote the option at a JSON pointer, `tags.write` for instance; undefined where nobody did. */
  writtenIn(pointer: string): { readonly scope: Scope; readonly block: string } | undefined;
  report(diagnostic: Diagnostic): void;
  /** What the spec says of the operation's messages; undefined for spec-less routes. `views`: default plain ones. */
  contract(views?: MessageViews): MessageContract | undefined;
  /** Header fields of credentials: for each requirement the alternatives, each with the fields that it needs. */
  readonly credentialFields: readonly (readonly (readonly string[])[])[];
  /** Name of the gateway. */
  readonly gateway: string;
  /** Whether requests that get in have an identity. */
  readonly identity: "always" | "sometimes" | "never";
  /** What the other policies of the operation need of it; whole only for a policy that is `loweredLast`. */
  readonly wanted: ReadonlySet<Fact>;
  /**
   * Names of fields that the other policies of the operation write for the service, and not alike in every request: in lower
   * case; `x-*`: all that begin so. Whole only for a policy that is `loweredLast`.
   */
  readonly written: ReadonlySet<string>;
  /** What the operation has to reach, by its `objectives`. Whole only for a policy that is `loweredLast`. */
  readonly objectives: readonly ObjectiveIr[];
  /** What the other policies of the operation tell the service. Whole only for a policy that is `loweredLast`. */
  readonly told: readonly Told[];
  /** What is secret in the JSON bodies of the operation, as its spec says; undefined where there is no spec. */
  secrets(): MessageSecretsIr | undefined;
  /** Names of query parameters and header fields that a spec of the gateway marks as secret, whichever operation has them. */
  secretParameters(): readonly string[];
  /** Every effective policy of the operation by name, for checks that look at a neighbour's presence. */
  readonly present: ReadonlySet<string>;
  /** What is purged from caches; undefined: `cache` in gateway.yaml has no `purges`. */
  readonly purges: PurgesUse | undefined;
  /** `cache: { warm }` in gateway.yaml; undefined: no cache is warmed. */
  readonly warming: WarmingUse | undefined;
  /** Names of the services of the gateway. */
  readonly services: readonly string[];
  /** Ids of the operations of the gateway that their specs call `deprecated`. */
  readonly deprecated: readonly string[];
  /** Names of the security schemes that can say who calls the operation. */
  readonly schemes: readonly string[];
  /** Lists of rules that have a name in gateway.yaml. */
  readonly ruleLists: RuleLists;
  /**
   * The store that the options name, or the `default` one of the gateway. Undefined where there is none that gives what is
   * needed, or where `onStoreFailure` is missing or has no effect, which is reported; the step is then left out. In `lower`.
   */
  store(wish: StoreWish): StoreUse | undefined;
  /** The same of exporters: the one that is named, the only one, or the `default` one of several, if it takes what the policy has. */
  exporter(wish: ExporterWish): ExporterUse | undefined;
  /** Names of the header fields, query parameters and cookies in which security schemes look for credentials. */
  readonly credentials: readonly string[];
  /**
   * The CEL expression of the option at `pointer`, checked against the types of the operation. Undefined where it is
   * wrong, which is reported; the step is then left out. `any`: the value may be of any type, and carries it. What is not
   * among the options has a place of its own.
   */
  expression(
    text: string,
    pointer: string | Origin,
    expected: "bool" | "string" | "int" | "any",
    use?: ExpressionUse,
  ): EmittedIr<"expression"> | undefined;
  /** Compares the body that an expression makes of a refusal with the errors that the spec declares for the operation. */
  errorMismatches(made: {
    readonly body: ExpressionIr;
    readonly mediaType: string;
    readonly statuses: readonly number[];
  }): readonly ErrorMismatch[];
}

/** `authorization` in gateway.yaml. */
export interface RuleLists {
  readonly names: readonly string[];
  /** Undefined where there is none of that name. `at`: place of a part, by JSON pointer. */
  find(name: string): { readonly rules: readonly AuthorizationRule[]; at(pointer: string): Origin } | undefined;
}

/**
 * When an expression is asked: before the request is forwarded, by default; `answer`: on every answer, so also where an
 * earlier step refused and nobody is known; `answered`: about the answer of a service, which it can read, on its way back;
 * `problem`: about a refusal of the gateway, which it can read; `ended`: about the
 * status and fields of an answer, which it can read, where one has ended; `forwarded`: of what is told to the service, so
 * also where nobody is known: then, and where somebody lacks what others have, it has no value; `logged`: about an exchange that
 * is over, whatever came of it: what is not there has no value; `measured`: the same of any operation of the gateway, so that it
 * can read what all of them have.
 */
export type ExpressionUse = "request" | "answer" | "answered" | "problem" | "ended" | "forwarded" | "logged" | "measured";

/** How the spec declares a response with an error otherwise than a body for it is made. */
export type ErrorMismatch =
  | { readonly declared: string; readonly mediaTypes: readonly string[]; readonly origin: Origin }
  | {
      /** `404`, `4XX` or `default`. */
      readonly declared: string;
      /** JSON pointer into the body, and what is wanted there, to be read after it: `must be a string`. */
      readonly misfit: { readonly pointer: string; readonly wanted: string };
      /** Statuses that have it; empty: all that the response is for. */
      readonly statuses: readonly number[];
      readonly origin: Origin;
    };

/** What the spec says of the messages of one operation, brought to what a bundle needs. */
export interface MessageContract {
  readonly parameters: readonly ParameterIr[];
  /** Those that a request can have wrong. */
  readonly refusable: readonly ParameterIr[];
  /** Query parameters that the gateway itself reads. */
  readonly knownQuery: readonly string[];
  readonly body?: BodyIr;
  readonly responses: readonly ResponseIr[];
  /** Media types of success responses; empty where any may come. */
  readonly offered: readonly string[];
}

/** What a policy may look at when it is asked whether it has an effect. */
export interface EffectContext extends Pick<PolicyContext, "operation" | "contract"> {
  /** What the policy made of its options. */
  readonly lowered: LoweredPolicy;
  /** The expression is proven to be true for every request that has what it asks for. */
  isAlwaysTrue(expression: ExpressionIr): boolean;
  /** A client can write any value, as often as it likes: into a header field (lower case), or so that an expression has it. */
  clientChooses(what: ExpressionIr | { readonly header: string }): boolean;
}

/** What a step says of itself, so that nobody has to know policies by their names. */
type StepFact =
  | "mayAnswer"
  | "async"
  | "clocks"
  | "ahead"
  | "body"
  | "requestBodies"
  | "copiesBodies"
  | "answer"
  | "instance"
  | "experiment"
  | "roles"
  | "fields"
  | "keeps"
  | "remarks"
  | "reroutes"
  | "copies"
  | "sends"
  | "keepsKeys"
  | "keptBy"
  | "bodyBound";

/** What a policy makes of its options for one operation. */
export type LoweredPolicy =
  | (Pick<StepIr, "factory" | "config" | "hooks" | StepFact | "summary"> & {
      readonly kind: "call";
      /** Where the policy's own options say so; otherwise what `mode` says. */
      readonly mode?: StepIr["mode"];
      readonly provides?: readonly Fact[];
    })
  /** Settles how the request is forwarded; costs no step. */
  | ({ readonly kind: "forwarding"; readonly summary: string } & ForwardingSettings)
  /** Says what requests of the operation have to reach; costs no step. */
  | { readonly kind: "objectives"; readonly each: readonly ObjectiveIr[] }
  | { readonly kind: "nothing" };

/** How requests of an operation are forwarded; what is absent, no policy has a say in. */
export interface ForwardingSettings {
  /** Milliseconds. */
  readonly responseTimeout?: NumberIr;
  /** Milliseconds. */
  readonly idleTimeout?: NumberIr;
  /** Names of trailers that pass, in lower case. */
  readonly trailers?: { readonly request: readonly string[]; readonly response: readonly string[] | null };
  readonly retry?: OperationRetryIr;
  readonly hedge?: Partial<HedgeIr>;
}

export interface PolicyDefinition<Options> {
  /** As users write it: `rateLimit`. The folder is its kebab-case form. */
  readonly name: string;
  /** The stages in which the policy may run: the first in which everything it requires is provided. */
  readonly stages: readonly [Stage, ...Stage[]];
  /** What a request gets when the step cannot decide; shown by `explain`. */
  readonly onFailure: "closed" | "open";
  /** Users may write a list to have several instances on one operation. */
  readonly multiple?: boolean;
  /** Runs also for requests that match no operation, when set in the gateway's own policies. */
  readonly unmatched?: boolean;
  /** `mode: report` is allowed: the request hook may refuse. */
  readonly canRefuse?: boolean;
  /** It says who may: `coverage` tells where it does not decide. */
  readonly decidesAccess?: true;
  /** The request hook always answers; nothing is forwarded and no service is needed. */
  readonly terminal?: boolean;
  /** What a `when` without a value (an absent header) means: by default the step runs. */
  readonly undecided?: "skip";
  /** It harms requests on purpose: only a build that says that it wants that has it (`--allow-faults`). */
  readonly harmful?: true;
  /** Lowered when the other policies of its operation are, and so knows what they need. */
  readonly loweredLast?: true;
  /** Of those that are lowered last, it comes before the others, which then know what services are reached. */
  readonly choosesService?: true;
  /** Policies (by name) of the same stage after which this one runs. */
  readonly after?: readonly string[];
  /** It is about answers, whoever gives them: a guardrail wants it also where nothing is forwarded. */
  readonly concerns?: "answers";
  /**
   * Why options like these leave a request as it is, although the step runs: `it allows every address`. Undefined where
   * they do not. Guardrails ask for it; what `mode` and `when` do to a policy they know themselves.
   */
  weakness?(options: Options, context: EffectContext): string | undefined;
  /** What is true of every request that the step let pass. */
  proves?(lowered: LoweredPolicy): ExpressionIr | undefined;
  /**
   * Fields in which services are told who calls. What clients send under these names is withheld from every service, on
   * every operation of the gateway, and no other policy may write or keep it.
   */
  identityFields?(options: Options): readonly string[];
  requires?(options: Options): readonly Fact[];
  provides?(options: Options): readonly Fact[];
  /** What the JSON Schema cannot say. Runs once per operation; equal findings are reported once. */
  check?(options: Options, context: PolicyContext): void;
  /**
   * One step for requests without an operation, of those that several APIs have for theirs. The first area that a request
   * is in decides; undefined: none of them.
   */
  byArea?(areas: readonly PolicyArea[]): LoweredPolicy;
  /** The check phase settles with it, from what the spec and the policies say, who gets in: it has no step of its own making. */
  readonly settlesAccess?: true;
  /** The one step that comes of what the spec requires and what policies add, where neither alone decides. */
  combine?(demands: AccessDemands): Extract<LoweredPolicy, { readonly kind: "call" }> | undefined;
  /** Where the policy settles access: why an operation with this access does not have it, and whether some part of it is there. */
  readonly access?: {
    lacks(access: AccessIr, around: { readonly acceptsPassThrough: boolean; readonly isTerminal: boolean }): string | undefined;
    isThere(access: AccessIr): boolean;
  };
  /** Most time series that the steps of the policy make together, by what each of them is about; `build` prints it. */
  series?(steps: readonly PlacedStep[], gateway: Pick<GatewayIr, "services" | "unmatched">): readonly SeriesBound[];
  /** What a step that measures becomes once all that there is to measure is known. */
  measuring?(step: StepIr, measured: Measured): StepIr;
  /**
   * What an operation needs because another one of the same path has this step of the policy, and it has none itself: whoever
   * changes what is kept. Undefined: nothing.
   */
  beside?(step: StepIr, method: string): Extract<LoweredPolicy, { readonly kind: "call" }> | undefined;
  /**
   * What the step becomes on an operation with HEAD, where the one with GET of the same path has the step `of`, and nothing else
   * that has a say in the answer differs between them.
   */
  followGet?(step: StepIr, of: StepIr, get: OperationIr): StepIr;
  /** What is wrong with all steps of the policy together, whichever operations they are on. Each finding is reported once. */
  whole?(steps: readonly PlacedStep[], gateway: GatewayContext): void;
  /** Options, with defaults filled in and already checked, to the step. Returns data, never text. */
  lower(options: Options, context: PolicyContext): LoweredPolicy;
}

/** What requests to one operation have to prove. */
export interface AccessDemands {
  /** Of the spec and of policies; each must be met. */
  readonly requirements: readonly SecurityRequirementIr[];
  /** Requests without any credential pass. */
  readonly optional: boolean;
  /** Further schemes whose credentials the service does not get. */
  readonly concealed: readonly string[];
  wayOf(scheme: string): SchemeWay;
  /** What else stands between a scheme that vouches and the operation: `identity.revoked`, `identity.damping`. */
  readonly guards: { readonly revoked: boolean; readonly damping: boolean };
}

/** What steps that measure are told of the whole gateway. */
export interface Measured {
  /** Bounds that objectives have for the time of requests, in seconds, ascending. */
  readonly bounds: readonly number[];
  /** How many operations there are. */
  readonly operations: number;
}

/** A step of a policy, and the operation that it is on; undefined for requests that match none. */
export interface PlacedStep {
  readonly step: StepIr;
  readonly operation: OperationIr | undefined;
}

/** A part of the series that a Prometheus gets from the gateway, and the most that there can be. */
export interface SeriesBound {
  /** `operations`. */
  readonly about: string;
  readonly most: number;
}

/** What a policy may look at beside all of its steps. */
export interface GatewayContext {
  readonly operations: readonly OperationIr[];
  /** It has an admin listener, by which people ask and tell it something. */
  readonly hasAdmin: boolean;
  /** Those that operations forward to. */
  readonly services: readonly ServiceIr[];
  /** Place of an option of a service, by JSON pointer (`/protocol`). */
  serviceOption(service: string, pointer: string): Origin;
  report(diagnostic: Diagnostic): void;
}

/** Requests that count as those of one API, though they have no operation. */
export interface PolicyArea {
  /** Lower case; `*.example.com` for those below one; empty: any. */
  readonly host: string;
  /** The path, or what is in front of a slash in it; empty: any. */
  readonly path: string;
  readonly step: Pick<StepIr, "config" | "summary"> | undefined;
}

export const definePolicy = <Options>(definition: PolicyDefinition<Options>): PolicyDefinition<Options> => definition;

/** Result of a `lower` that calls a run-time factory, with its config checked against the factory's type. */
export function call<Config extends object>(
  module: string,
  name: string,
  config: Lowered<Config>,
  facts: { readonly hooks: readonly Hook[]; readonly summary: string } & Partial<Pick<StepIr, StepFact | "mode" | "provides">>,
): Extract<LoweredPolicy, { kind: "call" }> {
  return {
    kind: "call",
    factory: { module, name },
    config: config as ConfigIr,
    mayAnswer: false,
    async: false,
    body: "untouched",
    instance: "",
    ...facts,
  };
}

export type { Diagnostic, DiagnosticExtras, Origin };
