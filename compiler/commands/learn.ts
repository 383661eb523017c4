import { createReadStream, existsSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { checkGateway } from "../index.ts";
import { count } from "../text/words.ts";
import { gatewayEntry } from "./entry.ts";
import { type Lesson, lessonsOf } from "./learn/learn.ts";
import { LogFindings } from "./learn/log-findings.ts";
import { actionsOf } from "./learn/overlay-actions.ts";
import { overlayText, renderLessons } from "./learn/render.ts";
import { type ReportsOptions, readReports } from "./learn/reports.ts";
import { Unreachable } from "./live/client.ts";
import { withProgress } from "./progress.ts";
import { formatOption, report } from "./report.ts";
import { UsageError } from "./usage-error.ts";

/**
 * `gatewright learn`: what an access log says of requests and answers that are not as the spec says, and for each kind of
 * them the overlay action, or the option, that would allow it.
 */
export async function learn(
  first: string | undefined,
  second: string | undefined,
  options: { readonly format: unknown; readonly write?: unknown } & ReportsOptions,
): Promise<number> {
  const { from } = options;
  if (from === undefined && first === undefined)
    throw new UsageError("Name the access log, `-` for standard input, or `--from URL` of an admin listener.");
  if (from === undefined && (options.keyEnv !== undefined || options.ca !== undefined))
    throw new UsageError("`--key-env` and `--ca` are for `--from URL`.");
  if (from !== undefined && second !== undefined)
    throw new UsageError(`\`${second}\` is too much: with \`--from\`, write \`gatewright learn --from URL [gateway]\`.`);
  const gateway = from === undefined ? second : first;
  const format = formatOption(options.format, ["text", "json"] as const);
  const { write } = options;
  if (write !== undefined && typeof write !== "string") throw new UsageError("`--write` needs the name of a file.");
  const entry = gatewayEntry(gateway);
  const checked = await withProgress((progress) => checkGateway(entry, { progress }));
  if (checked.ir === undefined) {
    report(checked, "text", entry);
    return 1;
  }
  let findings: LogFindings;
  try {
    findings = from === undefined ? await readLog(first!) : await readReports(options);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    process.stderr.write(`gatewright: ${error.message}\n`);
    return 1;
  }
  const lessons = lessonsOf(findings.list, checked.ir, checked.sources);
  if (format === "json") {
    const { requests, others } = findings;
    process.stdout.write(`${JSON.stringify({ requests, otherLines: others, lessons: lessons.map(shown) }, null, 2)}\n`);
  } else {
    if (lessons.length > 0) process.stdout.write(`${renderLessons(lessons)}\n\n`);
    process.stdout.write(`${summary(findings, lessons)}\n`);
  }
  if (write !== undefined) writeOverlays(write, lessons, checked.ir.name, entry, format === "text");
  return 0;
}

const shown = ({ changes, version, ...lesson }: Lesson): object => ({ ...lesson, actions: actionsOf(changes) });

async function readLog(log: string): Promise<LogFindings> {
  if (log !== "-" && !existsSync(log))
    throw new UsageError(`\`${log}\` does not exist. Name the access log, or \`-\` for standard input.`);
  if (log !== "-" && statSync(log).isDirectory()) throw new UsageError(`\`${log}\` is a folder. Name the access log in it.`);
  const findings = new LogFindings();
  const input = log === "-" ? process.stdin : createReadStream(log);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) findings.add(line);
  if (findings.requests === 0) {
    const what = findings.others === 0 ? "is empty" : "has no line of an access log with the field `operation`";
    throw new UsageError(
      `\`${log}\` ${what}. Write \`policies: { accessLog: {} }\` in gateway.yaml, which logs to standard output.`,
    );
  }
  return findings;
}

function summary({ requests, others }: LogFindings, lessons: readonly Lesson[]): string {
  const skipped = others === 0 ? "" : `, ${count(others, "line")} that are no requests`;
  if (lessons.length === 0)
    return `${count(requests, "request")}${skipped}: nothing was reported, and nothing refused for its content`;
  const open = lessons.filter(({ changes }) => changes.length === 0).length;
  const left = open === 0 ? "" : `, of which an overlay cannot allow ${open}`;
  return `${count(requests, "request")}${skipped}: ${count(lessons.length, "kind")} of violations${left}`;
}

/** One file for each version of an API, as each has a spec of its own. */
function writeOverlays(file: string, lessons: readonly Lesson[], gateway: string, entry: string, isTold: boolean): void {
  const versions = [...new Set(lessons.flatMap(({ version }) => version ?? []))].sort();
  if (versions.length === 0) {
    if (isTold) process.stdout.write(`${file} was not written: no overlay would allow any of this\n`);
    return;
  }
  for (const version of versions) {
    const suffix = extname(file);
    const path = versions.length === 1 ? file : `${file.slice(0, file.length - suffix.length)}.${version}${suffix}`;
    const own = lessons.filter((lesson) => lesson.version === version);
    writeFileSync(path, overlayText(own, gateway));
    if (!isTold) continue;
    const [api, name] = [version.slice(0, version.indexOf(".")), version.slice(version.indexOf(".") + 1)];
    const shown = relative(dirname(resolve(entry)), resolve(path)).replaceAll("\\", "/");
    process.stdout.write(`\n${path} is written. Read it, keep what is meant, and name it in gateway.yaml:\n`);
    process.stdout.write(`  apis: { ${api}: { versions: { ${name}: { overlays: [${shown}] } } } }\n`);
  }
}
