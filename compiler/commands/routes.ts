import { conditions } from "../explain/conditions.ts";
import type { GatewayIr, OperationIr } from "../ir/gateway.ts";
import { formatOrigin } from "../ir/origin.ts";
import { table } from "../text/table.ts";
import { loadIr } from "./load-ir.ts";
import { formatOption } from "./report.ts";

/** `gatewright routes`: every operation with its public and its upstream path. */
export async function routes(gateway: string | undefined, options: { readonly format: unknown }): Promise<number> {
  const format = formatOption(options.format, ["text", "json"] as const);
  const ir = await loadIr(gateway);
  if (ir === undefined) return 1;
  const rows = ir.operations.map((operation) => ({
    method: operation.match.method === "*" ? "any" : operation.match.method,
    path: operation.match.path.template,
    conditions: conditions(operation.match),
    target: target(operation, ir),
    operation: operation.id,
    origin: formatOrigin(operation.origin),
  }));
  if (format === "json") {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return 0;
  }
  const conditional = rows.some((row) => row.conditions !== "");
  const header = ["method", "public path", ...(conditional ? ["when"] : []), "goes to", "operation", "written at"];
  const cells = rows.map((row) => [
    row.method,
    row.path,
    ...(conditional ? [row.conditions] : []),
    row.target,
    row.operation,
    row.origin,
  ]);
  process.stdout.write(`${table(header, cells)}\n`);
  return 0;
}

/** Service and upstream path template, or the policy that answers. */
export function target(operation: OperationIr, ir: GatewayIr): string {
  const { forward, match } = operation;
  if (forward.kind === "terminal") return `answered by ${forward.policy}`;
  const service = ir.services.find((candidate) => candidate.name === forward.service);
  const rewritten = operation.steps.some((step) => step.policy === "rewrite") ? " (rewritten)" : "";
  return `${service?.name ?? forward.service}${forward.prepend}${match.path.template.slice(forward.strip)}${rewritten}`;
}
