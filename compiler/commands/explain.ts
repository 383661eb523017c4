import { explainCode, isDiagnosticCode } from "../diagnostics/render/page.ts";
import { type ExplainedRequest, explainRequest } from "../explain/request.ts";
import { loadIr } from "./load-ir.ts";
import { coloured, formatOption } from "./report.ts";
import { renderExplanation } from "../explain/render.ts";
import { UsageError } from "./usage-error.ts";

interface ExplainOptions {
  readonly header?: string | readonly string[];
  readonly format: unknown;
}

/** `gatewright explain`: a diagnostic by its code, or a request, answered from the IR alone. */
export async function explain(subject: string, gateway: string | undefined, options: ExplainOptions): Promise<number> {
  const format = formatOption(options.format, ["text", "json"] as const);
  if (/^[a-z0-9-]+\/[a-z0-9-]+$/.test(subject)) {
    if (!isDiagnosticCode(subject)) throw new UsageError(explainCode(subject, { colour: false }));
    process.stdout.write(`${explainCode(subject, { colour: coloured(process.stdout) })}\n`);
    return 0;
  }
  const request = parseRequest(subject, options.header);
  const ir = await loadIr(gateway);
  if (ir === undefined) return 1;
  const explained: ExplainedRequest = explainRequest(ir, request);
  process.stdout.write(format === "json" ? `${JSON.stringify(explained, null, 2)}\n` : renderExplanation(explained));
  return 0;
}

function parseRequest(subject: string, header: string | readonly string[] | undefined): Parameters<typeof explainRequest>[1] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+)$/.exec(subject);
  if (match === null) {
    throw new UsageError(`\`${subject}\` is neither a request such as 'POST /v1/orders' nor a code such as link/unknown-operation.`);
  }
  const [, method, target] = match as unknown as [string, string, string];
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url === undefined && !target.startsWith("/")) throw new UsageError(`The target \`${target}\` must be a path or an absolute URL.`);
  const headers = (header === undefined ? [] : typeof header === "string" ? [header] : header).map((line) => {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new UsageError(`The header \`${line}\` is not of the form 'Name: value'.`);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  const host = url?.host ?? headers.find(({ name }) => name.toLowerCase() === "host")?.value ?? "localhost";
  const path = url === undefined ? target : `${url.pathname}${url.search}`;
  const mark = path.indexOf("?");
  return {
    method,
    host: host.replace(/:\d+$/, "").toLowerCase(),
    path: mark < 0 ? path : path.slice(0, mark),
    query: mark < 0 ? "" : path.slice(mark + 1),
    headers,
  };
}
