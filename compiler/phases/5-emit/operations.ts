import type { TrailersIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";
import type { StepIr } from "../../ir/step.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { ModulePlan, OperationPlan } from "../4-plan/plan.ts";
import { answerBody, type HookBody, hookBody, optionsBody, requestBody, retargetBody, warmBody } from "./chain.ts";
import { writePolicies } from "./declarations.ts";
import { type ModuleWriter, member } from "./module-writer.ts";
import type { Names } from "./names.ts";
import { type Hooks, SharedHooks, writeFunction } from "./shared-hooks.ts";

/** In the order in which an operation names them. */
const hookOrder = [
  "request",
  "preflight",
  "options",
  "warm",
  "retarget",
  "upstreamRequest",
  "answerHead",
  "answerStream",
  "answerBody",
  "response",
  "done",
] as const satisfies readonly HookBody["hook"][];

/** One module of operations: its own constants, the functions that operations share, then the operations. */
export function writeOperations(module: ModulePlan, names: Names, writer: ModuleWriter): void {
  writer.declare([...module.constants, ...module.forwards, ...module.operations].map(({ name }) => name));
  writePolicies(module.constants, false, names, writer);
  for (const { name, service, forward } of module.forwards) {
    writer.comment(`${formatOrigin(service.resource.origin)} services.${service.resource.name}`);
    const { strip, prepend, responseTimeout, idleTimeout, keepsLocation, trailers, retry, hedge } = forward;
    const timeouts = { responseTimeout: names.number(responseTimeout, writer), idleTimeout: names.number(idleTimeout, writer) };
    const own = retry === undefined ? undefined : { ...retry, on: retry.on === undefined ? undefined : [...retry.on] };
    const late = hedge === undefined ? undefined : { ...hedge };
    const passing = { keepsLocation, trailers: trailersValue(trailers, writer) };
    const config = { strip, prepend, ...timeouts, ...passing, retry: own, hedge: late };
    writer.line(`const ${name} = ${jsValue(config)};`);
    writer.line();
  }
  const hooks = new Map(module.operations.map((operation) => [operation, hooksOf(operation, writer)]));
  const shared = new SharedHooks(hooks, names, writer);
  for (const operation of module.operations) writeOperation(operation, hooks.get(operation)!, shared, names, writer);
}

function trailersValue(trailers: TrailersIr | undefined, writer: ModuleWriter): JsValue {
  if (trailers === undefined) return undefined;
  const { request, response, owned } = trailers;
  const config = { request: [...request], response: response === null ? null : [...response], owned: [...owned] };
  return new JsExpression(`/* @__PURE__ */ ${writer.fromRuntime("upstream/trailers", "createTrailers")}(${jsValue(config)})`);
}

function hooksOf(operation: OperationPlan, writer: ModuleWriter): Hooks {
  return {
    request: requestBody(operation, writer),
    preflight: hookBody("preflight", operation, writer),
    options: optionsBody(operation, writer),
    warm: warmBody(operation, writer),
    retarget: retargetBody(operation),
    upstreamRequest: hookBody("upstreamRequest", operation, writer),
    answerHead: answerBody("answerHead", operation),
    answerStream: answerBody("answerStream", operation),
    answerBody: answerBody("answerBody", operation),
    response: hookBody("response", operation, writer),
    done: hookBody("done", operation, writer),
  };
}

function writeOperation(plan: OperationPlan, hooks: Hooks, shared: SharedHooks, names: Names, writer: ModuleWriter): void {
  const { operation, name, index, forward } = plan;
  writer.comment(describe(plan));
  writer.line(`export const ${name} = {`, operation?.origin);
  writer.indented(() => {
    const facts = {
      index,
      id: operation?.id ?? "unmatched",
      api: operation?.api ?? "",
      version: operation?.version ?? "",
      method: operation?.match.method ?? "*",
      template: operation?.match.path.template ?? "",
      service: forward?.service.resource.name ?? "",
    };
    writer.line(
      `${Object.entries(facts)
        .map(([key, value]) => `${key}: ${jsValue(value)}`)
        .join(", ")},`,
      operation?.origin,
    );
    if (operation?.warmedBy !== undefined) writer.line(`warmedBy: ${jsValue(operation.warmedBy)},`);
    const own = [...(shared.ownOf(plan) ?? [])].map(([key, constant]) => member(key, names.constant(constant, writer)));
    if (own.length > 0) writer.line(`own: { ${own.join(", ")} },`);
    for (const hook of hookOrder) {
      const body = hooks[hook];
      const sharedName = body === undefined ? undefined : shared.nameOf(body);
      if (body === undefined) {
        if (hook !== "options" && hook !== "warm" && hook !== "retarget" && !hook.startsWith("answer"))
          writer.line(`${hook}: null,`);
      } else if (sharedName !== undefined) writer.line(`${hook}: ${sharedName},`);
      else writeFunction(`${body.isAsync ? "async " : ""}${hook}`, body, ",", names, writer);
    }
  });
  writer.line("};");
  writer.line();
}

/** `POST /v1/orders (orders/v1/openapi.yaml:41 createOrder): security, rateLimit → orders`. What each does is over its constant. */
function describe({ operation, calls, forward }: OperationPlan): string {
  const chain = calls.map(({ step }) => describeStep(step)).join(", ");
  if (operation === undefined) return `Requests that match no operation${chain === "" ? "" : `: ${chain}`}`;
  const { match, origin, operationId } = operation;
  const target = forward === undefined ? "" : ` → ${forward.service.resource.name}`;
  return `${match.method} ${match.path.template} (${formatOrigin(origin)} ${operationId})${chain === "" ? "" : `: ${chain}`}${target}`;
}

const describeStep = ({ policy, mode }: StepIr): string => (mode === "report" ? `${policy} (report)` : policy);
