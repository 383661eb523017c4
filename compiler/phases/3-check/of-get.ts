import { isDeepStrictEqual } from "node:util";
import type { OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import { guardKey } from "../../routing/as-sent.ts";

/**
 * On operations with HEAD, steps that may go by what the one with GET of the same path has: where nothing that has a say in the
 * answer differs, nor in who gets it, an answer to GET says what that to HEAD is (RFC 9110 §9.3.2).
 */
export function withStepsOfGet(operations: readonly OperationIr[]): readonly OperationIr[] {
  if (!operations.some(({ match, steps }) => match.method === "HEAD" && steps.some(mayFollow))) return operations;
  return operations.map((operation) => {
    if (operation.match.method !== "HEAD" || !operation.steps.some(mayFollow)) return operation;
    const get = operations.find((one) => one.match.method === "GET" && isOneResource(one, operation));
    if (get === undefined) return operation;
    return { ...operation, steps: operation.steps.map((step) => (mayFollow(step) ? following(step, operation, get) : step)) };
  });
}

const mayFollow = ({ policy }: StepIr): boolean => policies[policy]?.followGet !== undefined;

/** What is routed to the one with GET is routed to the other with HEAD, both let the same callers in, and go to the same place. */
function isOneResource(get: OperationIr, head: OperationIr): boolean {
  const [ofGet, ofHead] = [get, head].map(({ api, version, match, forward }) => {
    const { method: _method, origin: _origin, ...rest } = match;
    const where = forward.kind === "forward" ? { ...forward, options: [] } : undefined;
    return { api, version, match: plain(rest), where: plain(where) };
  });
  return get.forward.kind === "forward" && isDeepStrictEqual(ofGet, ofHead) && guardKey(get) === guardKey(head);
}

function following(step: StepIr, head: OperationIr, get: OperationIr): StepIr {
  const own = get.steps.filter(({ policy }) => policy === step.policy);
  const [of] = own;
  if (of === undefined || own.length > 1 || !isDeepStrictEqual(plain(of.when), plain(step.when))) return step;
  const [ofGet, ofHead] = [get, head].map(({ steps }) =>
    steps.filter((one) => one.policy !== step.policy && hasSay(one)).map(sayOf),
  );
  return isDeepStrictEqual(ofGet, ofHead) ? policies[step.policy]!.followGet!(step, of, get) : step;
}

/** It changes what the service is asked, or what its answer becomes before it is kept. */
const hasSay = ({ hooks, reroutes, sends, answer }: StepIr): boolean =>
  hooks.includes("upstreamRequest") || reroutes !== undefined || sends !== undefined || answer !== undefined;

const sayOf = ({ policy, factory, config, when, mode }: StepIr): unknown => plain({ policy, factory, config, when, mode });

/** Without what is undefined, and without places in files. */
function plain(value: unknown): unknown {
  return value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value, (name, part) => (name === "origin" ? undefined : part)));
}
