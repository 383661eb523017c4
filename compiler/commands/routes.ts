import type { PathPiece } from "../../runtime/paths/path-template.ts";
import type { ForwardIr, OperationIr } from "../ir/gateway.ts";
import { formatOrigin } from "../ir/origin.ts";
import { servicesOf, targetsOf } from "../ir/targets.ts";
import { usedStores } from "../ir/used-stores.ts";
import { table } from "../text/table.ts";
import { conditions } from "./explain/conditions.ts";
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
    target: target(operation),
    services: servicesOf(operation),
    stores: usedStores(operation.steps, ir).map(({ name }) => name),
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

/** Service and upstream path template, or the policy that answers; where steps decide, each with its condition. */
export function target(operation: OperationIr): string {
  const { forward, steps } = operation;
  const path = forward.kind === "forward" ? upstreamPath(operation, forward) : "";
  const isRewritten = steps.some(
    ({ reroutes }) =>
      reroutes !== undefined && (reroutes.path !== undefined || reroutes.query === true || reroutes.host !== undefined),
  );
  return targetsOf(operation)
    .map((end) => {
      const where = end.when === undefined ? "" : ` where ${end.when.text.trim()}`;
      return "policy" in end
        ? `answered by ${end.policy}${where}`
        : `${end.service}${path}${isRewritten ? " (rewritten)" : ""}${where}`;
    })
    .join("; otherwise ");
}

/** Below the endpoint's own path, as the last step makes it that asks for no condition. */
function upstreamPath({ match, steps }: OperationIr, { prepend, strip }: ForwardIr): string {
  const { template } = match.path;
  const path = steps.findLast(({ reroutes, when }) => reroutes?.path !== undefined && when === undefined)?.reroutes?.path;
  if (path === undefined) return prepend + template.slice(strip);
  if (typeof path === "number") return template.slice(path) || "/";
  const segments = template.split("/").slice(1);
  return path.map((piece) => pieceText(piece, segments)).join("");
}

function pieceText(piece: PathPiece, segments: readonly string[]): string {
  if (typeof piece === "string") return piece;
  if ("segment" in piece) return segments[piece.segment]!;
  if ("rest" in piece) return `/${segments.slice(piece.rest).join("/")}`;
  return [...segments[piece.from]!.matchAll(/\{[^}]*\}/g)][piece.take]![0];
}
