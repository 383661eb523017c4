import type { TemplatePiece } from "../text/path-template.ts";
import type { ConfigIr, StartValueIr } from "./config.ts";
import type { ExpressionIr } from "./expression.ts";
import type { Origin } from "./origin.ts";
import type { ResourceIr } from "./resource.ts";
import type { Role } from "./role.ts";

/** The stages of a chain, in order. A policy names its stage; what it requires decides the rest. */
export const stages = [
  "observe",
  "admit",
  "authenticate",
  "authorize",
  "limit",
  "validate",
  "transform",
  "cache",
  "forward",
] as const;
export type Stage = (typeof stages)[number];

/**
 * When a step is called.
 *
 * - `request`: before forwarding; may answer the request.
 * - `preflight`: for a CORS preflight of this operation.
 * - `retarget`: like `request`, once more where another service takes the place of the one that cannot be asked.
 * - `upstreamRequest`: on the request that is about to be sent to the service.
 * - `answerHead`: on the head of the service's answer, before anything of it reaches the client. May replace it.
 * - `answerStream`: gives what the body of that answer passes through as it comes.
 * - `answerBody`: on that body as a whole, where `answerHead` asked for it. May replace answer or body.
 * - `response`: on every answer of the operation, whoever made it, before its head is written.
 * - `done`: after the last byte, or after the connection broke.
 *
 * Request and upstreamRequest hooks run in chain order, response and done hooks in reverse order, and those of answers in
 * the order of `answerPlaces`. They do not run for OPTIONS that no operation takes.
 */
export const hooks = [
  "request",
  "preflight",
  "retarget",
  "upstreamRequest",
  "answerHead",
  "answerStream",
  "answerBody",
  "response",
  "done",
] as const;
export type Hook = (typeof hooks)[number];

/**
 * The places on the way back of a service's answer, in order; in one of them, steps are in the order of the chain.
 *
 * - `unpack`: content codings come off.
 * - `validate`: it is checked against the spec.
 * - `measure`: figures and costs are read from it.
 * - `transform`: it is changed alike for everybody.
 * - `store`: it is kept for others. Nothing before has looked at who asks; everything behind runs again for each who does.
 * - `personal`: what depends on who asks: whether they may see it, and which parts.
 * - `pack`: content codings go on.
 */
export const answerPlaces = ["unpack", "validate", "measure", "transform", "store", "personal", "pack"] as const;
export type AnswerPlace = (typeof answerPlaces)[number];

/** What a step does with the answer of the service. */
export interface AnswerUseIr {
  /** `held`: nothing of it reaches the client before the step has judged; `transformed`: the client gets another one. */
  readonly use: "seen" | "held" | "transformed";
  readonly place: AnswerPlace;
  /** Most bytes of a body that are collected, as people write it; absent: bodies stream. */
  readonly most?: string;
  /** What becomes of answers with more; `streamed`: the step does with them as they come what it does with others as a whole; `unkept`:
   * they pass, and so do all where memory is short. */
  readonly larger?: "refused" | "unchecked" | "streamed" | "unkept";
  /** Which bodies are collected, and which stream, for `explain`: media types with their status in front. */
  readonly bodies?: BodyHandlingIr;
  /** The `answerHead` hook returns a promise. */
  readonly async?: true;
  /** What is kept is, or is also, in the memory of each worker. */
  readonly inMemory?: true;
  /** Where the service cannot be asked, an older answer takes the place of a new one. */
  readonly standsIn?: true;
  /** Nothing may come ahead of the answer: interim answers are not passed on. */
  readonly silent?: true;
}

/** What one step needs from, or leaves for, the steps around it. */
export type Fact = "identity" | "body.parsed" | "body.raw" | "answer" | "answer.parsed" | "stream";

/** Who the option value came from, widest first. */
export const scopes = ["default", "spec", "gateway", "api", "version", "all", "route", "tags", "paths", "operations"] as const;
export type Scope = (typeof scopes)[number];

/** One effective option and where it was written; `pointer` is a JSON pointer into the options. */
export interface OptionIr {
  readonly pointer: string;
  readonly value: ConfigIr;
  readonly scope: Scope;
  readonly origin?: Origin;
}

/** Names of media types whose bodies are held in memory to be checked, and of those that stream through unchecked. */
export interface BodyHandlingIr {
  readonly held: readonly string[];
  readonly streamed: readonly string[];
  /** Forms whose files stream through, with the names of these. */
  readonly screened?: readonly string[];
}

/** A step may change where a request goes. */
export interface Reroute {
  /** Another service than that of the operation; the first step that runs decides. */
  readonly service?: string;
  /** Others that get some of the requests each: `5% of those with the same …`. All else is left to whoever comes behind. */
  readonly arms?: readonly { readonly service: string; readonly which: string }[];
  /** Path below the endpoint's own, or the number of characters that the public path loses at its start. */
  readonly path?: readonly TemplatePiece[] | number;
  readonly query?: true;
  /** The path is sent as it came, without so many characters at its start and with this in front. */
  readonly asSent?: { readonly strip: number; readonly prepend: string };
  /** URLs in the fields of answers stay as the service wrote them. */
  readonly keepsLocation?: true;
  /** `Host` that is sent; `preserve`: the client's. */
  readonly host?: StartValueIr | string;
}

/** Where copies of requests go. */
export interface CopiesIr {
  readonly service: string;
  /** Of methods that are not safe (RFC 9110 §9.2.1) as well. */
  readonly anyMethod: boolean;
  /** What they are sent without, as in `SentIr`; `header x-*`: all that begin so. */
  readonly without: readonly string[];
  /** Their answers are compared with those that clients get. */
  readonly comparesAnswers?: true;
}

/** Fields and parameters as `header x-a` (lower case) and `query a`. */
export interface SentIr {
  /** Those that have the same value in every request. */
  readonly constants: readonly (readonly [name: string, value: string])[];
  /** Those of the client that the service does not see as they were sent. */
  readonly hidden: readonly string[];
  /** Query parameters that may have a secret of the gateway, or say who asks; absent: none. */
  readonly confidential?: readonly string[];
  /** Query parameters of the client that the service gets under other names; absent: none. */
  readonly renamed?: readonly { readonly from: string; readonly to: string }[];
}

/** What tells kept answers apart, and what of a request reaches the service beside: an answer that depends on that has it in `Vary`. */
export interface KeptByIr {
  /** `scheme`, `host`, `path`, `query (page)`, and expressions. */
  readonly key: readonly string[];
  /** What the spec declares: `header X-Region`, `cookie theme`. */
  readonly declared: readonly string[];
  /** Names of further fields of the client; `any`: every other one. */
  readonly further: readonly string[] | "any";
  /** Fields that the gateway writes, and not alike in every request; `x-*`: all that begin so. */
  readonly written: readonly string[];
}

/** A policy on one operation: one call of its factory and the hooks to call on the result. */
export interface StepIr {
  readonly kind: "step";
  /** Policy name as users write it: `rateLimit`. */
  readonly policy: string;
  readonly stage: Stage;
  /** Where the run-time factory lives: `policies/rate-limit` below `runtime/`, and its export. */
  readonly factory: { readonly module: string; readonly name: string };
  readonly config: ConfigIr;
  readonly hooks: readonly Hook[];
  /** The request hook may answer, and its result is looked at. */
  readonly mayAnswer: boolean;
  /** The request hook returns a promise; `seldom`: it may, and mostly does not. */
  readonly async: boolean | "seldom";
  /** It wants to know how long requests wait for other steps: the chain notes it (`Exchange.waits`). */
  readonly clocks?: true;
  /**
   * A function below `runtime/` that asks, with exchange and instance, what the request hook would ask somewhere else: for
   * several steps in a row, so that all are asked at the same time. It gives false where there is nothing more to ask for.
   */
  readonly ahead?: { readonly module: string; readonly name: string };
  /** What the step does with the request body; `begun`: it may wait for its first byte. */
  readonly body: "untouched" | "counted" | "begun" | "buffered" | "replaced";
  /** It keeps bodies of requests as they pass, up to `maxBody`; where one has more, or memory is short, the step does without it. */
  readonly copiesBodies?: true;
  /** Bodies by media type, for `explain`. Absent where the step looks at none. */
  readonly requestBodies?: BodyHandlingIr;
  /** What the step does with the answer of the service; absent: nothing, it is untouched. */
  readonly answer?: AnswerUseIr;
  /** `report`: an answer of this step is counted and logged, and the request goes on. */
  readonly mode: "enforce" | "report";
  /** The step runs only where this holds; without it, always. A condition that has no value does not keep it from running, unless `undecided` says so. */
  readonly when?: ExpressionIr;
  /** A condition that has no value keeps the step from running. */
  readonly undecided?: "skip";
  /**
   * Steps with equal `instance` and equal config share one constant. Stateless policies leave it "", so that equal
   * config is enough; a policy with state names what shares the state.
   */
  readonly instance: string;
  /** The step answers every request that it runs for, so that nothing is forwarded. */
  readonly answers?: true;
  /** What the step changes about where a request goes: for those who say so, beside the config, which does it. */
  readonly reroutes?: Reroute;
  /** Another service that gets copies of requests; whose answers nobody gets. */
  readonly copies?: CopiesIr;
  /** What the step makes of single fields and query parameters of requests to the service. */
  readonly sends?: SentIr;
  /**
   * It sees to it that a request with an `Idempotency-Key` reaches the service once; `mayResend`: its authors say that it does
   * no harm if the gateway itself sends it again.
   */
  readonly keepsKeys?: { readonly mayResend: boolean };
  /** JSON pointer of the option that bounds request bodies: where it has one, and always runs, none is larger. */
  readonly bodyBound?: string;
  /** It keeps answers: how it tells them apart, for `explain` and the manifest. */
  readonly keptBy?: KeptByIr;
  /** Exceptions that its authors made on purpose, for `coverage`: `rateLimit does not count where …`. */
  readonly remarks?: readonly string[];
  /** What decides about its shares, for all steps of the experiment together. */
  readonly experiment?: ResourceIr<"experiments">;
  /** What the instance is to the gateway itself. */
  readonly roles?: readonly Role[];
  /**
   * Names of fields that the step sets, drops, checks or goes by, in lower case; `x-*`: all that begin so. What comes
   * behind a message, as trailers, gets around such a step. One with a `response` hook that does not say is taken to look
   * at every field of answers.
   */
  readonly fields?: { readonly request?: readonly string[]; readonly response?: readonly string[] };
  /** Claims of clients that the step lets go on to the service, in lower case. */
  readonly keeps?: readonly string[];
  readonly requires: readonly Fact[];
  readonly provides: readonly Fact[];
  /** What a reader of the generated code and of `explain` sees: `20/m by identity.subject`. */
  readonly summary: string;
  readonly options: readonly OptionIr[];
  readonly origin: Origin;
}
