import type { TrailersIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";
import type { StepIr } from "../../ir/step.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import { list } from "../../text/words.ts";
import type { ModulePlan, OperationPlan } from "../4-plan/plan.ts";
import { type HookBody, hookBody, optionsBody, requestBody } from "./chain.ts";
import { writePolicies } from "./declarations.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Names } from "./names.ts";

/** In the order in which an operation names them. */
const hookOrder = [
  "request",
  "preflight",
  "options",
  "upstreamRequest",
  "response",
  "done",
] as const satisfies readonly HookBody["hook"][];

type Hooks = Readonly<Record<HookBody["hook"], HookBody | undefined>>;

/** One module of operations: its own constants, the functions that operations share, then the operations. */
export function writeOperations(module: ModulePlan, names: Names, writer: ModuleWriter): void {
  writer.declare([...module.constants, ...module.forwards, ...module.operations].map(({ name }) => name));
  writePolicies(module.constants, false, names, writer);
  for (const { name, service, forward } of module.forwards) {
    writer.comment(`${formatOrigin(service.service.origin)} services.${service.service.name}`);
    const { strip, prepend, responseTimeout, idleTimeout, keepsLocation, trailers } = forward;
    const config = { strip, prepend, responseTimeout, idleTimeout, keepsLocation, trailers: trailersValue(trailers, writer) };
    writer.line(`const ${name} = ${jsValue(config)};`);
    writer.line();
  }
  const hooks = new Map(module.operations.map((operation) => [operation, hooksOf(operation, names, writer)]));
  const shared = shareBodies(module, hooks, writer);
  for (const operation of module.operations) writeOperation(operation, hooks.get(operation)!, shared, writer);
}

function trailersValue(trailers: TrailersIr | undefined, writer: ModuleWriter): JsValue {
  if (trailers === undefined) return undefined;
  const { request, response, owned } = trailers;
  const config = { request: [...request], response: response === null ? null : [...response], owned: [...owned] };
  return new JsExpression(`/* @__PURE__ */ ${writer.fromRuntime("upstream/trailers", "createTrailers")}(${jsValue(config)})`);
}

function hooksOf(operation: OperationPlan, names: Names, writer: ModuleWriter): Hooks {
  return {
    request: requestBody(operation, names, writer),
    preflight: hookBody("preflight", operation, names, writer),
    options: optionsBody(operation, names, writer),
    upstreamRequest: hookBody("upstreamRequest", operation, names, writer),
    response: hookBody("response", operation, names, writer),
    done: hookBody("done", operation, names, writer),
  };
}

const bodyKey = (body: HookBody): string => `${body.hook} ${body.isAsync} ${body.statements.map(({ text }) => text).join("\n")}`;

/** Equal functions of several operations are printed once: names by body. */
function shareBodies(
  module: ModulePlan,
  hooks: ReadonlyMap<OperationPlan, Hooks>,
  writer: ModuleWriter,
): ReadonlyMap<string, string> {
  const users = new Map<string, { body: HookBody; operations: string[] }>();
  for (const operation of module.operations) {
    for (const hook of hookOrder) {
      const body = hooks.get(operation)![hook];
      if (body === undefined) continue;
      const known = users.get(bodyKey(body));
      if (known === undefined) users.set(bodyKey(body), { body, operations: [operation.name] });
      else known.operations.push(operation.name);
    }
  }
  const shared = new Map<string, string>();
  for (const [key, { body, operations }] of users) {
    if (operations.length < 2) continue;
    const name = writer.name(`shared ${body.hook}`);
    shared.set(key, name);
    const shown = operations.slice(0, 4);
    const others = operations.length - shown.length;
    writer.comment(`${body.hook} of ${others === 0 ? list(shown) : `${shown.join(", ")} and ${others} more`}`);
    writeFunction(`${body.isAsync ? "async " : ""}function ${name}`, body, "", writer);
    writer.line();
  }
  return shared;
}

function writeOperation(plan: OperationPlan, hooks: Hooks, shared: ReadonlyMap<string, string>, writer: ModuleWriter): void {
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
      service: forward?.service.service.name ?? "",
    };
    writer.line(
      `${Object.entries(facts)
        .map(([key, value]) => `${key}: ${jsValue(value)}`)
        .join(", ")},`,
      operation?.origin,
    );
    for (const hook of hookOrder) {
      const body = hooks[hook];
      const sharedName = body === undefined ? undefined : shared.get(bodyKey(body));
      if (body === undefined) {
        if (hook !== "options") writer.line(`${hook}: null,`);
      } else if (sharedName !== undefined) writer.line(`${hook}: ${sharedName},`);
      else writeFunction(`${body.isAsync ? "async " : ""}${hook}`, body, ",", writer);
    }
  });
  writer.line("};");
  writer.line();
}

function writeFunction(head: string, body: HookBody, end: string, writer: ModuleWriter): void {
  writer.line(`${head}(${body.parameters}) {`);
  writer.indented(() => {
    for (const { text, origin } of body.statements) writer.line(text, origin);
  });
  writer.line(`}${end}`);
}

/** `POST /v1/orders (orders/v1/openapi.yaml:41 createOrder): security, rateLimit → orders`. What each does is over its constant. */
function describe({ operation, calls, forward }: OperationPlan): string {
  const chain = calls.map(({ step }) => describeStep(step)).join(", ");
  if (operation === undefined) return `Requests that match no operation${chain === "" ? "" : `: ${chain}`}`;
  const { match, origin, operationId } = operation;
  const target = forward === undefined ? "" : ` → ${forward.service.service.name}`;
  return `${match.method} ${match.path.template} (${formatOrigin(origin)} ${operationId})${chain === "" ? "" : `: ${chain}`}${target}`;
}

const describeStep = ({ policy, mode }: StepIr): string => (mode === "report" ? `${policy} (report)` : policy);
