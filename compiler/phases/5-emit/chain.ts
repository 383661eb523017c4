import { answerSteps, isBehindStore, keepingStep, packingStep } from "../../ir/answer-steps.ts";
import { runsBeforeOptions } from "../../ir/options-steps.ts";
import type { Origin } from "../../ir/origin.ts";
import { hasRole } from "../../ir/role.ts";
import type { Hook, StepIr } from "../../ir/step.ts";
import { runsToWarm } from "../../ir/warm-steps.ts";
import { jsString } from "../../text/js.ts";
import type { CallPlan, OperationPlan } from "../4-plan/plan.ts";
import { ConditionMemory } from "./condition-memory.ts";
import { printCondition } from "./expressions.ts";
import type { ModuleWriter } from "./module-writer.ts";

/** Those that an operation has only where some step has them. */
export type AnswerHook = Extract<Hook, `answer${string}`>;

/** A line of a hook; where it calls a policy, the name of the instance stands between `text` and `rest`. */
export interface Statement {
  readonly text: string;
  readonly call?: CallPlan;
  readonly rest?: string;
  readonly origin: Origin | undefined;
}

/** The function of one hook: parameters, statements and their places. */
export interface HookBody {
  readonly hook: Hook | "options" | "warm";
  readonly isAsync: boolean;
  readonly parameters: string;
  readonly statements: readonly Statement[];
}

/** The request chain in straight line: every step may end it, the last statement forwards or sends. */
export function requestBody(operation: OperationPlan, writer: ModuleWriter): HookBody {
  return chainBody(operation, operation.calls, writer, wayBack(operation, writer));
}

/** The same for OPTIONS of the path that no operation takes: only what runs before authentication, and where to. */
export function optionsBody(operation: OperationPlan, writer: ModuleWriter): HookBody | undefined {
  if (operation.operation?.forwardsOptions !== true) return undefined;
  const calls = operation.calls.filter(({ step }) => runsBeforeOptions(step));
  return { ...chainBody({ ...operation, calls }, operation.calls, writer), hook: "options" };
}

/** What fetches for the cache without a client: only what says where to and what the service gets, and then the cache. */
export function warmBody(operation: OperationPlan, writer: ModuleWriter): HookBody | undefined {
  if (operation.operation?.warmedBy === undefined) return undefined;
  const calls = operation.calls.filter(({ step }) => runsToWarm(step));
  return { ...chainBody({ ...operation, calls }, operation.calls, writer, [], operation), hook: "warm" };
}

/** `remembering`: the whole chain, whose conditions later hooks ask for; `warmed`: it warms the cache of the operation. */
function chainBody(
  operation: OperationPlan,
  remembering: OperationPlan["calls"],
  writer: ModuleWriter,
  beforeEnding: readonly Statement[] = [],
  warmed?: OperationPlan,
): HookBody {
  const statements: Statement[] = [];
  const terminal = terminalCall(operation);
  const memory = new ConditionMemory(remembering);
  const isClocked = clocks(operation);
  let isAsync = false;
  let declaresLater = false;
  for (const call of operation.calls) {
    const { step } = call;
    const remember = memory.remember(call);
    if (!step.hooks.includes("request") && remember === undefined) continue;
    const condition = conditionOf(call, operation, writer);
    if (!step.hooks.includes("request")) {
      // The condition is decided here, where everything before the step has run, and remembered for the later hooks.
      statements.push({ text: `if (${condition}) ${remember}`, origin: step.when!.origin });
      continue;
    }
    const together = askedTogether(call, operation.calls);
    if (together.length > 0) statements.push(...asksAhead(together, writer));
    if (step.async !== false) isAsync = true;
    const mayEnd = call !== terminal && step.mayAnswer;
    const [begin, end] = waiting(step.async, mayEnd);
    if (mayEnd && step.async === "seldom" && !declaresLater) {
      declaresLater = true;
      statements.unshift({ text: "let later;", origin: undefined });
    }
    const [timed, timedEnd] = isClocked && step.async !== false ? timing(step, writer) : ["", ""];
    const text = `${mayEnd ? "if (" : ""}${begin}${timed}`;
    const rest = `.request(x)${timedEnd}${end}${mayEnd ? `) ${answered(step, writer)}` : ";"}`;
    if (condition === undefined) statements.push({ text, call, rest, origin: step.origin });
    else {
      statements.push({ text: `if (${condition}) {`, origin: step.when!.origin });
      if (remember !== undefined) statements.push({ text: `  ${remember}`, origin: step.when!.origin });
      statements.push({ text: `  ${text}`, call, rest, origin: step.origin }, { text: "}", origin: undefined });
    }
    if (call === terminal) break;
  }
  const origin = operation.operation?.origin;
  statements.push(
    ...beforeEnding,
    ...ending(warmed ?? operation, writer, warmed !== undefined).map((statement) => ({ ...statement, origin })),
  );
  return { hook: "request", isAsync, parameters: "x", statements };
}

/** A step wants to know how long requests wait for others. */
const clocks = ({ calls }: OperationPlan): boolean => calls.some(({ step }) => step.clocks === true);

/** The steps that are asked ahead together with this one, as it is the first of several in a row; otherwise none. */
function askedTogether(call: CallPlan, calls: OperationPlan["calls"]): readonly CallPlan[] {
  const asking = calls.filter(({ step }) => step.hooks.includes("request"));
  const at = asking.indexOf(call);
  const isAhead = (one: CallPlan | undefined): boolean =>
    one?.step.ahead !== undefined && one.step.policy === call.step.policy && one.step.when === undefined;
  if (!isAhead(call) || isAhead(asking[at - 1])) return [];
  const end = asking.findIndex((one, index) => index > at && !isAhead(one));
  const together = asking.slice(at, end < 0 ? undefined : end);
  // One instance in two places has one slot.
  const isEachItsOwn = new Set(together.map(({ constant }) => constant)).size === together.length;
  return together.length > 1 && isEachItsOwn ? together : [];
}

/** `if (ahead(x, a) && ahead(x, b)) ahead(x, c);`, with a line for each. */
const asksAhead = (calls: readonly CallPlan[], writer: ModuleWriter): Statement[] =>
  calls.map((call, index) => {
    const isLast = index === calls.length - 1;
    const { module, name } = call.step.ahead!;
    const begin = index === 0 ? "if (" : isLast ? "  " : "  && ";
    const rest = isLast ? ");" : index === calls.length - 2 ? "))" : ")";
    return { text: `${begin}${writer.fromRuntime(module, name)}(x, `, call, rest, origin: call.step.origin };
  });

/** What is around the call of a step. One that seldom has to be waited for costs no turn of the event loop otherwise. */
function waiting(async: StepIr["async"], isAsked: boolean): readonly [begin: string, end: string] {
  if (async === false) return ["", ""];
  if (async === true || !isAsked) return ["await ", ""];
  return ["(later = ", ") === true || (later !== false && (await later))"];
}

/** What is around the call of a step that may wait, where another one wants to know how long. */
const timing = ({ policy }: StepIr, writer: ModuleWriter): readonly [begin: string, end: string] => [
  `${writer.fromRuntime("exchange/timed", "timed")}(x, ${jsString(policy)}, `,
  ")",
];

/** What follows where the step has an answer. */
function answered({ mode, policy }: StepIr, writer: ModuleWriter): string {
  if (mode === "enforce") return `return ${writer.fromRuntime("http/send", "send")}(x);`;
  return `${writer.fromRuntime("answers/report-only", "reportOnly")}(x, ${jsString(policy)});`;
}

/** Asks the steps that go by the service once more, for the one that takes its place. */
export function retargetBody({ calls, forward }: OperationPlan): HookBody | undefined {
  const asked = forward === undefined ? [] : calls.filter(({ step }) => step.hooks.includes("retarget"));
  if (asked.length === 0) return undefined;
  const statements = asked.map(
    (call): Statement => ({ text: "if (await ", call, rest: ".retarget(x)) return true;", origin: call.step.origin }),
  );
  statements.push({ text: "return false;", origin: undefined });
  return { hook: "retarget", isAsync: true, parameters: "x", statements };
}

/** The condition of a step as code. */
function conditionOf({ step }: CallPlan, { name }: OperationPlan, writer: ModuleWriter): string | undefined {
  const { when, undecided, policy } = step;
  return when === undefined ? undefined : printCondition({ when, undecided }, `${name} ${policy}`, writer);
}

function terminalCall({ operation, calls }: OperationPlan): CallPlan | undefined {
  if (operation?.forward.kind !== "terminal") return undefined;
  const { policy } = operation.forward;
  const call = calls.findLast(({ step }) => step.policy === policy && step.hooks.includes("request"));
  if (call === undefined) throw new Error(`${operation.id} ends in ${policy}, which is no step of it`);
  return call;
}

function ending(plan: OperationPlan, writer: ModuleWriter, isWarming = false): readonly Omit<Statement, "origin">[] {
  const { operation, calls, forward } = plan;
  if (operation === undefined) return [{ text: `${writer.fromRuntime("http/unmatched", "notFound")}(x);` }];
  if (forward === undefined) return [{ text: `${writer.fromRuntime("http/send", "send")}(x);` }];
  const service = writer.fromModule("services.js", forward.service.name);
  const cache = keeping(plan);
  if (cache !== undefined) return endingWithCache(plan, cache, service, writer, isWarming);
  const upgrading = calls.find(({ step }) => hasRole(step, "upgrades"));
  if (upgrading === undefined)
    return [{ text: `${writer.fromRuntime("upstream/forward", "forward")}(x, ${service}, ${forward.name});` }];
  const text = `${writer.fromRuntime("upstream/forward-upgrade", "forwardUpgrade")}(x, ${service}, ${forward.name}, `;
  return [{ text, call: upgrading, rest: ");" }];
}

/**
 * The cache is asked before the service, and opens the way back for what comes from there. What is kept is packed without that,
 * where nothing else is done to it.
 */
function endingWithCache(
  plan: OperationPlan,
  cache: CallPlan,
  service: string,
  writer: ModuleWriter,
  isWarming: boolean,
): readonly Omit<Statement, "origin">[] {
  const uses = answerUses(plan);
  const open = uses.length === 0 ? "" : `, ${writer.fromRuntime("upstream/way-back/way-back", "openWayBack")}`;
  const silent = uses.some((use) => use.silent === true) ? ", true" : "";
  const isAsked = cache.step.when === undefined ? "" : `${new ConditionMemory(plan.calls).held(cache)} ? `;
  const function_ = isWarming
    ? writer.fromRuntime("upstream/cached/warm-cached", "warmCached")
    : clocks(plan)
      ? writer.fromRuntime("upstream/cached/forward-cached-timed", "forwardCachedTimed")
      : writer.fromRuntime("upstream/cached/forward-cached", "forwardCached");
  const text = `return ${function_}(x, ${service}, ${plan.forward!.name}, ${isAsked}`;
  const rest = `${isAsked === "" ? "" : " : undefined"}${open}${silent}`;
  const packer = isWarming ? undefined : packingStep(plan.calls);
  if (packer === undefined) return [{ text, call: cache, rest: `${rest});` }];
  return [
    { text, call: cache, rest: `${rest}${silent === "" ? ", undefined" : ""},` },
    { text: "  ", call: packer, rest: ");" },
  ];
}

/** Where steps have a say in the answer of the service, the chain opens the way back for it before it forwards. */
function wayBack(operation: OperationPlan, writer: ModuleWriter): readonly Statement[] {
  if (operation.forward === undefined) return [];
  const uses = answerUses(operation);
  // Where answers are kept, who asks the service opens the way.
  if (uses.length === 0 || keeping(operation) !== undefined) return [];
  const silent = uses.some((use) => use.silent === true) ? ", true" : "";
  return [{ text: `${writer.fromRuntime("upstream/way-back/way-back", "openWayBack")}(x${silent});`, origin: undefined }];
}

const answerUses = ({ calls }: OperationPlan) =>
  answerSteps(calls)
    .filter(({ step }) => step.hooks.some((hook) => hook.startsWith("answer")))
    .map(({ step }) => step.answer!);

const keeping = ({ calls }: OperationPlan): CallPlan | undefined => keepingStep(calls);

/** How one of the hooks of the way back asks a step; `holds`: its condition, empty where it has none. */
const answerCalls: Readonly<
  Record<AnswerHook, (place: number, holds: string, wait: string) => readonly [before: string, behind: string]>
> = {
  answerHead: (place, holds, wait) => [
    `if (${holds === "" ? "" : `${holds} && `}back.asked(${place}, ${wait}`,
    ".answerHead(x))) return true;",
  ],
  answerStream: (place, holds) => [`${holds === "" ? "" : `if (${holds}) `}back.through(${place}, `, ".answerStream(x));"],
  // A step that was not asked wants nothing.
  answerBody: (place) => [
    `if (back.wants(${place}) && back.judged(${place}, `,
    `.answerBody(x, back.body(${place})))) return true;`,
  ],
};

/** A hook of the way back: steps are asked in the order in which the answer comes to them. */
export function answerBody(hook: AnswerHook, operation: OperationPlan): HookBody | undefined {
  if (operation.forward === undefined) return undefined;
  const memory = new ConditionMemory(operation.calls);
  const statements = answerSteps(operation.calls).flatMap((call, place): Statement[] => {
    const { step } = call;
    if (!step.hooks.includes(hook)) return [];
    const conditions = [...partOf(step, hook, operation), ...(step.when === undefined ? [] : [memory.held(call)])];
    const [text, rest] = answerCalls[hook](place, conditions.join(" && "), step.answer!.async === true ? "await " : "");
    return [{ text, call, rest, origin: step.origin }];
  });
  if (statements.length === 0) return undefined;
  const isAsync = hook === "answerHead" && operation.calls.some(({ step }) => step.answer?.async === true);
  if (hook !== "answerStream") statements.push({ text: "return false;", origin: undefined });
  return { hook, isAsync, parameters: "x, back", statements };
}

/** Where answers are kept, what stands before is done once, and what stands behind for each who gets one. */
function partOf({ answer }: StepIr, hook: AnswerHook, operation: OperationPlan): string[] {
  // A step that was not asked wants nothing.
  if (hook === "answerBody" || keeping(operation) === undefined) return [];
  return [isBehindStore(answer!.place) ? "back.isBehind" : "back.isBefore"];
}

/**
 * Hooks that cannot end anything; response and done hooks run in reverse. Undefined where no step has the hook, or nobody
 * calls it: what answers by itself sends nothing to a service.
 */
export function hookBody(
  hook: Exclude<Hook, "request" | "retarget" | AnswerHook>,
  operation: OperationPlan,
  writer: ModuleWriter,
): HookBody | undefined {
  if (hook === "upstreamRequest" && operation.forward === undefined) return undefined;
  const calls = operation.calls.filter(({ step }) => step.hooks.includes(hook));
  if (calls.length === 0) return undefined;
  if (hook === "response" || hook === "done") calls.reverse();
  const parameters = hook === "upstreamRequest" ? "x, upstream" : "x";
  const memory = new ConditionMemory(operation.calls);
  const rest = `.${hook}(${parameters});`;
  const statements = calls.map((call): Statement => {
    const { step } = call;
    if (step.when === undefined) return { text: "", call, rest, origin: step.origin };
    const holds =
      hook === "preflight" ? printCondition({ when: step.when }, `${operation.name} ${step.policy}`, writer) : memory.held(call);
    return { text: `if (${holds}) `, call, rest, origin: step.origin };
  });
  return { hook, isAsync: false, parameters, statements };
}
