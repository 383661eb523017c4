import type { OperationIr } from "../ir/gateway.ts";
import { openToOptions } from "../ir/options-steps.ts";
import { formatOrigin } from "../ir/origin.ts";
import { remarksOn } from "../ir/remarks.ts";
import { policiesOf } from "../ir/running-steps.ts";
import { servicesOf } from "../ir/targets.ts";
import { usedStores } from "../ir/used-stores.ts";
import { table } from "../text/table.ts";
import { count, list } from "../text/words.ts";
import { accessKind, proof } from "./explain/proof.ts";
import { loadIr } from "./load-ir.ts";
import { formatOption } from "./report.ts";

/** `gatewright coverage`: for every operation, what a caller must prove, or why everybody may call it. */
export async function coverage(gateway: string | undefined, options: { readonly format: unknown }): Promise<number> {
  const format = formatOption(options.format, ["text", "json"] as const);
  const ir = await loadIr(gateway);
  if (ir === undefined) return 1;
  const rows = ir.operations.map((operation) => ({
    method: operation.match.method === "*" ? "any" : operation.match.method,
    path: operation.match.path.template,
    operation: operation.id,
    access: accessKind(operation.access),
    proof: proof(operation.access) + acceptance(operation),
    services: servicesOf(operation),
    stores: usedStores(operation.steps, ir).map(({ name }) => name),
    remarks: remarksOn(operation, ir),
    // OPTIONS of the path that no operation takes.
    options: operation.forwardsOptions === true ? "forwarded before authentication" : "answered",
    origin: formatOrigin(operation.access.origin),
  }));
  const number = (kind: string): number => rows.filter(({ access }) => access === kind).length;
  const [authenticated, passedThrough, open] = [number("authenticated"), number("passed through"), number("public")];
  const others = { unmatched: policiesOf({ kind: "unmatched" }, ir), refused: policiesOf({ kind: "refused" }, ir) };
  if (format === "json") {
    const credentials = (ir.credentials ?? []).map(({ name, summary }) => ({ name, summary }));
    const sums = { authenticated, passedThrough, public: open };
    process.stdout.write(`${JSON.stringify({ operations: rows, ...others, credentials, ...sums }, null, 2)}\n`);
    return 0;
  }
  const cells = rows.map((row) => [row.method, row.path, row.access, row.proof, row.services.join(", ") || "none", row.origin]);
  process.stdout.write(`${table(["method", "public path", "access", "proof or reason", "reaches", "written at"], cells)}\n\n`);
  process.stdout.write(`requests that match no operation (404, 405): ${list(others.unmatched) || "no steps"}\n`);
  process.stdout.write(`requests that are refused unrouted (400, 417, TRACE): ${list(others.refused) || "no steps"}\n\n`);
  for (const { name, summary } of ir.credentials ?? [])
    process.stdout.write(`credentials of all operations, identity.${name}: ${summary}\n\n`);
  for (const [remark, operations] of byRemark(rows)) {
    const [first, ...more] = operations;
    process.stdout.write(`${remark}: ${first}${more.length === 0 ? "" : ` and ${count(more.length, "more operation")}`}\n`);
  }
  if (rows.some(({ remarks }) => remarks.length > 0)) process.stdout.write("\n");
  const speakers = openToOptions(ir.operations).length;
  if (speakers > 0) {
    const where = count(speakers, "operation");
    process.stdout.write(
      `OPTIONS at the path of ${where} above ${speakers === 1 ? "goes" : "go"} to the service before authentication (\`routing.options: answer\` keeps them here)\n\n`,
    );
  }
  const sum = count(rows.length, "operation");
  const passed = passedThrough === 0 ? "" : `, ${passedThrough} passed through for the service to verify`;
  process.stdout.write(`${sum}: ${authenticated} authenticated${passed}, ${open} public with a reason, 0 open\n`);
  return 0;
}

/** Operations by what is said of them. */
function byRemark(rows: readonly { readonly operation: string; readonly remarks: readonly string[] }[]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const { operation, remarks } of rows)
    for (const remark of remarks) all.set(remark, [...(all.get(remark) ?? []), operation]);
  return all;
}

/** Why it may reach what other operations protect, where its authors accepted that. */
const acceptance = ({ waysAround = [] }: OperationIr): string =>
  waysAround.map(({ to, because }) => `; a way around ${list(to)}: “${because}”`).join("");
