import type { KeyFacts } from "../../runtime/identity/api-key/key-changes.ts";
import { suggestion } from "../diagnostics/suggest.ts";
import { table } from "../text/table.ts";
import { AdminShelf } from "./keys/admin-shelf.ts";
import { type FactOptions, factsOf, overlapOf, prefixOf } from "./keys/facts.ts";
import { FileShelf } from "./keys/file-shelf.ts";
import { readImport } from "./keys/import-file.ts";
import { KeysProblem, type MadeKey, type Shelf, type ShownKey } from "./keys/shelf.ts";
import { LiveClient, type LiveOptions, textOption, Unreachable } from "./live/client.ts";
import { renderValue } from "./live/render.ts";
import { formatOption } from "./report.ts";
import { UsageError } from "./usage-error.ts";

export type KeysOptions = FactOptions &
  LiveOptions & {
    readonly file?: unknown;
    readonly scheme?: unknown;
    readonly project?: unknown;
    readonly overlap?: unknown;
    readonly prefix?: unknown;
    readonly format?: unknown;
  };

interface Call {
  readonly shelf: Shelf;
  readonly subject: string | undefined;
  readonly facts: Partial<KeyFacts>;
  readonly options: KeysOptions;
  readonly format: "text" | "json";
}

const actions: Readonly<Record<string, (call: Call) => Promise<string>>> = {
  async create({ shelf, subject, facts, options, format }) {
    noSubject("create", subject);
    const { consumer } = facts;
    if (consumer === undefined) throw new UsageError("`gatewright keys create` needs `--consumer NAME`: whose key it is.");
    return made(await shelf.create({ ...facts, consumer }, prefixOf(options.prefix)), format);
  },
  async list({ shelf, subject, facts, format }) {
    noSubject("list", subject);
    const all = await shelf.list();
    const keys = facts.consumer === undefined ? all : all.filter(({ consumer }) => consumer === facts.consumer);
    if (keys.length === 0 && facts.consumer !== undefined) {
      const known = [...new Set(all.map(({ consumer }) => consumer))];
      throw new KeysProblem(`${shelf.where} has no keys of \`${facts.consumer}\`. ${suggestion(facts.consumer, known)}`);
    }
    return format === "json" ? json(keys) : keys.length === 0 ? "No keys.\n" : `${listed(keys)}\n`;
  },
  async show({ shelf, subject, format }) {
    return shown(await shelf.show(needed("show", subject)), format);
  },
  async rotate({ shelf, subject, facts, options, format }) {
    return made(await shelf.rotate(needed("rotate", subject), overlapOf(options.overlap), facts), format);
  },
  async revoke({ shelf, subject, format }) {
    return shown(await shelf.revoke(needed("revoke", subject)), format);
  },
  async import({ shelf, subject, options, format }) {
    if (subject === undefined)
      throw new UsageError("Write `gatewright keys import FILE`: JSON or CSV with `consumer`, and `key` or `hash`.");
    const imported = await shelf.import(readImport(subject), prefixOf(options.prefix));
    return format === "json" ? json({ imported }) : `Imported ${imported} keys into ${shelf.where}.\n`;
  },
  async export({ shelf, subject }) {
    noSubject("export", subject);
    return json({ keys: await shelf.export() });
  },
};

/** `gatewright keys`: makes, lists, rotates and revokes API keys, in a file or through an admin listener. */
export async function keys(action: string, subject: string | number | undefined, options: KeysOptions): Promise<number> {
  const format = formatOption(options.format, ["text", "json"] as const);
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (act === undefined) throw new UsageError(`\`keys ${action}\` is unknown. ${suggestion(action, Object.keys(actions))}`);
  const facts = factsOf(options);
  if (action !== "rotate" && options.overlap !== undefined)
    throw new UsageError("`--overlap` is for `gatewright keys rotate ID`.");
  try {
    const shelf = shelfOf(options);
    process.stdout.write(
      await act({ shelf, subject: subject === undefined ? undefined : String(subject), facts, options, format }),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof KeysProblem) && !(error instanceof Unreachable)) throw error;
    process.stderr.write(`gatewright: ${error.message}\n`);
    return 1;
  }
}

function shelfOf(options: KeysOptions): Shelf {
  const file = textOption("--file", options.file);
  const scheme = textOption("--scheme", options.scheme);
  const project = textOption("--project", options.project);
  const { url, socket } = options;
  if (url === undefined && socket === undefined) {
    const remote = (["keyEnv", "ca", "certificate", "key"] as const).find((name) => options[name] !== undefined);
    if (remote !== undefined) throw new UsageError("`--key-env` and options of TLS are for a gateway that runs: `--url URL`.");
    const path = file ?? "keys.json";
    // A compiler is loaded only where there is something to be compiled.
    return new FileShelf(path, async () =>
      (await import("./keys/metadata-check.ts")).metadataCheck({ project, scheme, file: path }),
    );
  }
  if (project !== undefined)
    throw new UsageError("`--project` is for a file of keys; a gateway that runs knows its schemes itself.");
  if (file !== undefined)
    throw new UsageError(`\`--file\` and \`--${url === undefined ? "socket" : "url"}\` name two places; write one of them.`);
  return new AdminShelf(new LiveClient(options), scheme);
}

function needed(action: string, subject: string | undefined): string {
  if (subject === undefined)
    throw new UsageError(`Write \`gatewright keys ${action} ID\`; \`gatewright keys list\` shows the ids.`);
  return subject;
}

function noSubject(action: string, subject: string | undefined): void {
  if (subject === undefined) return;
  const hint = action === "create" ? " `--consumer NAME` says whose key it is." : "";
  throw new UsageError(`\`gatewright keys ${action}\` takes nothing behind it but options.${hint}`);
}

/** The key is on standard output alone, so that a script can take it from there; what is known of it is on standard error. */
function made(result: MadeKey, format: "text" | "json"): string {
  if (format === "json") return json(result);
  const until = result.old?.expires === undefined ? "" : `The key ${result.old.id} counts until ${String(result.old.expires)}.\n`;
  process.stderr.write(`${renderValue(result.entry)}\n${until}This is the key. It is shown this once, and kept nowhere:\n`);
  return `${result.key}\n`;
}

const shown = (key: ShownKey, format: "text" | "json"): string => (format === "json" ? json(key) : `${renderValue(key)}\n`);

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const columns = ["id", "consumer", "state", "hint", "roles", "tier", "expires", "used", "lastUsed"] as const;

function listed(keys: readonly ShownKey[]): string {
  const used = columns.filter((column) => keys.some((key) => key[column] !== undefined));
  const cell = (value: unknown): string => (value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value));
  return table(
    used,
    keys.map((key) => used.map((column) => cell(key[column]))),
  );
}
