import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DiagnosticPage } from "../diagnostics/diagnostic-page.ts";
import { exampleProject } from "../diagnostics/example-project.ts";
import { pages } from "../diagnostics/pages.gen.ts";
import { isDiagnosticCode, renderPage, unknownDiagnostic } from "../diagnostics/render/page.ts";
import { checkGateway } from "../index.ts";
import { memoryDisk } from "../phases/1-load/index.ts";
import { isStandardMethod, readRequest, type WrittenRequest } from "./explain/read-request.ts";
import { renderExplanation } from "./explain/render.ts";
import { explainRequest } from "./explain/request.ts";
import { splitUsers } from "./explain/split-users.ts";
import { textOption } from "./live/client.ts";
import { loadIr } from "./load-ir.ts";
import { coloured, formatOption } from "./report.ts";
import { UsageError } from "./usage-error.ts";

interface ExplainOptions {
  readonly header?: unknown;
  readonly user?: unknown;
  readonly format: unknown;
}

/** `gatewright explain`: a diagnostic by its code, or a request, answered from the IR alone. */
export async function explain(subject: string, gateway: string | undefined, options: ExplainOptions): Promise<number> {
  const format = formatOption(options.format, ["text", "json"] as const);
  if (/^[a-z0-9-]+\/[a-z0-9-]+$/.test(subject)) {
    if (!isDiagnosticCode(subject)) throw new UsageError(unknownDiagnostic(subject));
    const page = pages[subject]!;
    const found = await exampleOf(subject, page);
    process.stdout.write(
      format === "json"
        ? `${JSON.stringify({ code: subject, ...page, example: found }, null, 2)}\n`
        : `${renderPage(subject, page, found, { colour: coloured(process.stdout) })}\n`,
    );
    return 0;
  }
  const written = writtenRequest(subject, gateway, options.header);
  const ir = await loadIr(gateway);
  if (ir === undefined) return 1;
  const user = textOption("--user", options.user);
  const request = explainRequest(ir, readRequest(written, ir));
  const users = user === undefined ? [] : splitUsers(request.steps, user);
  if (user !== undefined && users.length === 0)
    throw new UsageError("No `split` runs for this request, so that every user gets the same service. Leave out `--user`.");
  const explained = users.length === 0 ? request : { ...request, users };
  process.stdout.write(format === "json" ? `${JSON.stringify(explained, null, 2)}\n` : renderExplanation(explained));
  return 0;
}

/** What the compiler says of the wrong example of a page. */
async function exampleOf(code: string, page: DiagnosticPage): Promise<Diagnostic | undefined> {
  const files = new Map(Object.entries({ ...exampleProject, ...page.bad }));
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(files) });
  return diagnostics.find((diagnostic) => diagnostic.code === code);
}

function writtenRequest(subject: string, gateway: string | undefined, header: unknown): WrittenRequest {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S+)$/.exec(subject.trim());
  if (match === null) throw new UsageError(notARequest(subject, gateway));
  const [, method, target] = match as unknown as [string, string, string];
  if (!/^(\/|https?:\/\/|\*$)/i.test(target)) {
    throw new UsageError(`The target \`${target}\` must be a path, as in '${method} /${target}', or an absolute http URL.`);
  }
  const headers = (header === undefined ? [] : Array.isArray(header) ? header : [header]).map((written: unknown) => {
    const line = String(written);
    const colon = line.indexOf(":");
    if (colon <= 0) throw new UsageError(`The header \`${line}\` is not of the form 'Name: value'.`);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  return { method, target, headers };
}

/** What was probably meant by a subject that is neither request nor code. */
function notARequest(subject: string, gateway: string | undefined): string {
  if (/^(\/|https?:\/\/)/.test(subject)) return `\`${subject}\` has no method; write 'GET ${subject}'.`;
  if (isStandardMethod(subject)) {
    const request = `${subject.toUpperCase()} ${gateway !== undefined && /^(\/|https?:\/\/)/.test(gateway) ? gateway : "/…"}`;
    return `\`${subject}\` is only the method; write the request as one argument: gatewright explain '${request}'.`;
  }
  if (/^\S+ +\S+ /.test(subject)) return `\`${subject}\` has a space in its target; write it as %20.`;
  const same = Object.keys(pages).filter((code) => code.endsWith(`/${subject}`));
  if (same.length > 0) return `\`${subject}\` is half of a code. Did you mean ${same.map((code) => `\`${code}\``).join(" or ")}?`;
  return `\`${subject}\` is neither a request such as 'POST /v1/orders' nor a code such as link/unknown-operation. \`gatewright routes\` lists the request of each operation.`;
}
