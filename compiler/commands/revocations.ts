import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readRevocations } from "../../runtime/identity/revocation/file-revocations.ts";
import { type Revocation, readRevocation, writtenOf } from "../../runtime/identity/revocation/revocation.ts";
import type { RevocationSet } from "../../runtime/identity/revocation/revocation-set.ts";
import { suggestion } from "../diagnostics/suggest.ts";
import { textOption } from "./live/client.ts";
import { renderValue } from "./live/render.ts";
import { type RevocationOptions, writtenEntry } from "./live/revocations.ts";
import { formatOption } from "./report.ts";
import { UsageError } from "./usage-error.ts";

/** The file is not there, or cannot be used; the message says why. Exit code 1. */
class FileProblem extends Error {}

interface FileOptions extends RevocationOptions {
  readonly file?: unknown;
  readonly format?: unknown;
}

type Named = string | number | undefined;

const actions = ["list", "add", "remove"] as const;

/** `gatewright revocations`: a file of `identity.revoked`. Running gateways follow it. */
export function revocations(action: string, kind: Named, value: Named, options: FileOptions): number {
  if (!actions.some((one) => one === action))
    throw new UsageError(`\`revocations ${action}\` is unknown. ${suggestion(action, actions)}`);
  const file = textOption("--file", options.file) ?? "revoked.json";
  const format = formatOption(options.format, ["text", "json"] as const);
  try {
    return change(action, file, format, kind, value, options);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    process.stderr.write(`gatewright: ${error.message}\n`);
    return 1;
  }
}

function change(action: string, file: string, format: "text" | "json", kind: Named, value: Named, options: FileOptions): number {
  const set = readFile(file, action);
  if (action === "list") {
    const rows = writtenList(set);
    process.stdout.write(`${format === "json" ? JSON.stringify(rows, null, 2) : renderValue(rows)}\n`);
    return 0;
  }
  // cac makes numbers of what looks like one.
  const [what, named] = [kind, value].map((given) => (given === undefined ? undefined : String(given)));
  const entry = entryOf(action, what, named, options);
  if (action === "add") set.put(entry);
  else if (!set.remove(entry)) {
    process.stderr.write(`gatewright: ${file} has no such entry; \`gatewright revocations list --file ${file}\` shows them.\n`);
    return 1;
  }
  // What is over is forgotten on the way: nothing else would ever make the file shorter.
  set.expire(Date.now());
  write(file, set);
  process.stdout.write(`${file} has ${set.size} ${set.size === 1 ? "entry" : "entries"} now.\n`);
  return 0;
}

function entryOf(action: string, kind: string | undefined, value: string | undefined, options: FileOptions): Revocation {
  const { issuer } = options;
  const written = writtenEntry(`revocations ${action}`, kind, value, action === "add" ? options : { issuer });
  try {
    return readRevocation(written);
  } catch (error) {
    throw new UsageError(`The entry ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function readFile(file: string, action: string): RevocationSet {
  // Nothing to list where a name was mistyped.
  if (!existsSync(file) && action !== "add")
    throw new FileProblem(
      `There is no ${file}. \`gatewright revocations add KIND VALUE\` makes it; \`--file\` names another file. Where the list is in a store, ask the gateway: \`gatewright live revocations\`.`,
    );
  const text = existsSync(file) ? readText(file) : '{"revoked":[]}';
  try {
    return readRevocations(text, Number.POSITIVE_INFINITY);
  } catch (error) {
    throw new FileProblem(`${file} cannot be used: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new FileProblem(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Beside it first: who follows the file never sees a half of it. One entry a line, for those who compare versions. */
function write(file: string, set: RevocationSet): void {
  const lines = writtenList(set).map((entry) => `  ${JSON.stringify(entry)}`);
  const text = lines.length === 0 ? '{ "revoked": [] }\n' : `{ "revoked": [\n${lines.join(",\n")}\n] }\n`;
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const writtenList = (set: RevocationSet) => [...set.entries()].map(writtenOf);
