import CodeBlockWriter from "code-block-writer";
import { jsIdentifier, jsString } from "../../text/js.ts";
import { innerNames } from "../../text/reserved-names.ts";
import type { HostPlan, MethodPlan, RouteNode, RouteTreePlan } from "../4-plan/route-tree.ts";
import { FunctionPrinter } from "./matcher/function-printer.ts";
import { hasConditions, NodeFunctions } from "./matcher/node-function.ts";
import type { MatcherFunction } from "./matcher/shape.ts";

/** A module body and what it needs imported; modules are named below `runtime/`. */
export interface PrintedMatcher {
  readonly text: string;
  readonly imports: { readonly module: string; readonly names: string[] }[];
}

/**
 * Prints the matcher: `match(x, method)`, the operation for a request or null, and `allow(x)`, the value of `Allow`.
 * `nameOf` gives the binding of an operation by its index; the bindings must be in scope of the text.
 */
export function printMatcher(plan: RouteTreePlan, nameOf: (operation: number) => string): PrintedMatcher {
  const nodes = new NodeFunctions();
  const methods = plan.methods.map((method) => planEntry(method, nodes));
  const taken = new Set([...innerNames, "match", "allow", "queryValue", "acceptVersion", "isUnder", "withoutTrailingSlash"]);
  // A binding may be a member of a module namespace, whose name is then the one that is taken.
  for (const name of operationNames(plan, nameOf)) taken.add(name.split(".")[0]!);
  for (const entry of methods)
    entry.name = jsIdentifier(`match ${entry.method === "*" ? "any" : entry.method.toLowerCase()}`, taken);
  const printer = new FunctionPrinter(nodes, nameOf, taken);

  const writer = new CodeBlockWriter({ indentNumberOfSpaces: 2, newLine: "\n" });
  if (plan.trailingSlash === "ignore") nodes.helpers.set("withoutTrailingSlash", "routing/trailing-slash");
  const path = plan.trailingSlash === "ignore" ? "withoutTrailingSlash(x.path)" : "x.path";
  writeMatch(writer, methods, path);
  writeAllow(writer, methods, path);
  for (const entry of methods) writeMethod(writer, entry, printer, nodes.helpers);
  printer.writeAll(writer);
  return { text: writer.toString(), imports: [...nodes.helpers].sort().map(([name, module]) => ({ module, names: [name] })) };
}

interface MethodEntry {
  readonly method: string;
  readonly hasHead: boolean;
  readonly hosts: readonly { readonly plan: HostPlan; readonly root: MatcherFunction; readonly subject: string }[];
  name: string;
}

function planEntry({ method, hasHead, hosts }: MethodPlan, nodes: NodeFunctions): MethodEntry {
  return {
    method,
    hasHead,
    hosts: hosts.map((plan) => {
      const subject = hasHead ? "x, path, method" : hasConditionsBelow(plan.root) ? "x, path" : "path";
      const prefix = `${method === "*" ? "any" : method} ${plan.host}`;
      return { plan, root: nodes.add(plan.root, prefix, subject), subject };
    }),
    name: "",
  };
}

function hasConditionsBelow(node: RouteNode): boolean {
  return (
    [...node.ends, ...node.rest].some(hasConditions) ||
    [...node.literals, ...node.mixed].some((child) => hasConditionsBelow(child.node)) ||
    (node.any !== undefined && hasConditionsBelow(node.any))
  );
}

function* operationNames(plan: RouteTreePlan, nameOf: (operation: number) => string): Generator<string> {
  const open: RouteNode[] = plan.methods.flatMap(({ hosts }) => hosts.map(({ root }) => root));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const { operation } of [...node.ends, ...node.rest]) yield nameOf(operation);
    for (const { node: child } of [...node.literals, ...node.mixed]) open.push(child);
    if (node.any !== undefined) open.push(node.any);
  }
}

/** RFC 9110 §9.3.2: HEAD is answered as GET where no HEAD operation is declared. */
function writeMatch(writer: CodeBlockWriter, methods: readonly MethodEntry[], path: string): void {
  writer.writeLine("/** The operation for this request, or null. */");
  writer.write("export function match(x, method) ").block(() => {
    writer.write("switch (method) ").block(() => {
      for (const entry of methods) {
        if (entry.method === "*") continue;
        if (entry.method === "GET") writer.writeLine('case "HEAD":');
        writer.writeLine(`case ${jsString(entry.method)}:`);
        writer.indent(() => writer.writeLine(`return ${callEntry(entry, path, "method")};`));
      }
      const forAny = methods.find(({ method }) => method === "*");
      writer
        .writeLine("default:")
        .indent(() => writer.writeLine(`return ${forAny === undefined ? "null" : callEntry(forAny, path, "method")};`));
    });
  });
  writer.blankLine();
}

/** `method`: the code for it, where the tree has to look at it. */
const callEntry = ({ name, hasHead }: MethodEntry, path: string, method: string): string =>
  `${name}(x, ${path}${hasHead ? `, ${method}` : ""})`;

/** As users read methods; others follow by name. */
const methodOrder = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

function writeAllow(writer: CodeBlockWriter, methods: readonly MethodEntry[], path: string): void {
  const forAny = methods.find(({ method }) => method === "*");
  const rank = (method: string): number => (methodOrder.includes(method) ? methodOrder.indexOf(method) : methodOrder.length);
  const named = methods
    .filter(({ method }) => method !== "*")
    .sort((a, b) => rank(a.method) - rank(b.method) || (a.method < b.method ? -1 : 1));
  const isThere = (entry: MethodEntry, method = entry.method): string => `${callEntry(entry, "path", jsString(method))} !== null`;
  writer.writeLine(
    "/** The methods of all operations for this path and host, as a value for `Allow`; empty where there is none. */",
  );
  writer.write("export function allow(x) ").block(() => {
    writer.writeLine(`const path = ${path};`);
    if (forAny !== undefined) {
      const all = [...new Set([...methodOrder.slice(0, 7), ...named.map(({ method }) => method)])];
      writer.writeLine(`if (${isThere(forAny)}) return ${jsString(all.join(", "))};`);
    }
    writer.writeLine('let methods = "";');
    for (const entry of named) {
      if (entry.method === "OPTIONS") continue;
      const text = entry.method === "GET" ? "GET, HEAD, " : `${entry.method}, `;
      writer.writeLine(`if (${isThere(entry)}) methods += ${jsString(text)};`);
      if (entry.hasHead) writer.writeLine(`else if (${isThere(entry, "HEAD")}) methods += "HEAD, ";`);
    }
    const options = named.find(({ method }) => method === "OPTIONS");
    const none = options === undefined ? 'methods === ""' : `methods === "" && ${callEntry(options, "path", "")} === null`;
    writer.writeLine(`return ${none} ? "" : \`\${methods}OPTIONS\`;`);
  });
  writer.blankLine();
}

function writeMethod(writer: CodeBlockWriter, entry: MethodEntry, printer: FunctionPrinter, helpers: Map<string, string>): void {
  const call = (host: MethodEntry["hosts"][number]): string => printer.call(host.root, `${host.subject}, 1`);
  const atRoot = (host: MethodEntry["hosts"][number], isLast: boolean): void => {
    const { rest } = host.plan.root;
    const lines = printer.candidates(rest, helpers);
    if (isLast && lines.length === 0) {
      writer.writeLine(`return ${call(host)};`);
      return;
    }
    writer.writeLine(`const found = ${call(host)};`).writeLine("if (found !== null) return found;");
    for (const line of lines) writer.writeLine(line);
  };
  writer.write(`function ${entry.name}(x, path${entry.hasHead ? ", method" : ""}) `).block(() => {
    const exact = entry.hosts.filter(({ plan }) => plan.host !== "" && !plan.host.startsWith("*."));
    const forAny = entry.hosts.find(({ plan }) => plan.host === "");
    if (exact.length > 0) {
      writer.write("switch (x.host) ").block(() => {
        for (const host of exact) {
          writer.write(`case ${jsString(host.plan.host)}: `).block(() => {
            atRoot(host, false);
            writer.writeLine("break;");
          });
        }
      });
    }
    for (const host of entry.hosts) {
      if (!host.plan.host.startsWith("*.")) continue;
      helpers.set("isUnder", "routing/host");
      writer.write(`if (isUnder(x.host, ${jsString(host.plan.host.slice(1))})) `).block(() => atRoot(host, false));
    }
    if (forAny !== undefined) atRoot(forAny, true);
    if (forAny === undefined || forAny.plan.root.rest.length > 0) writer.writeLine("return null;");
  });
  writer.blankLine();
}
