import { escaped } from "../../runtime/log/json-text.ts";
import { printable } from "../diagnostics/render/columns.ts";
import { suggestion } from "../diagnostics/suggest.ts";
import { formats, parseDuration } from "../text/formats.ts";
import { type LiveAnswer, LiveClient, type LiveOptions, type LiveRequest, textOption, Unreachable } from "./live/client.ts";
import { migrate } from "./live/migrate.ts";
import { type AdminDocument, operationsOf, requestOf } from "./live/operation.ts";
import { type PurgeOptions, purge } from "./live/purge.ts";
import { renderValue } from "./live/render.ts";
import { type RevocationOptions, revocations, revoke, unrevoke, withoutRoutes } from "./live/revocations.ts";
import { split } from "./live/split.ts";
import { screenWidth, top } from "./live/top/index.ts";
import { traffic } from "./live/traffic.ts";
import { formatOption } from "./report.ts";
import { UsageError } from "./usage-error.ts";

interface CallOptions {
  readonly params: readonly string[];
  readonly body: string | undefined;
  /** What stands behind the value: `live revoke key VALUE`. */
  readonly name: string | undefined;
  /** `live split NAME roll-back --region us-east`. */
  readonly region: string | undefined;
  readonly revocation: RevocationOptions;
  readonly purging: PurgeOptions;
  readonly format: "text" | "json";
  /** Asked for rows, as programs for tables read them. */
  readonly isCsv: boolean;
  readonly watch: WatchOptions;
}

interface WatchOptions {
  readonly once?: unknown;
  readonly interval?: unknown;
}

/** What is asked often has a word of its own; everything else is called by its operation id. */
const subjects: Readonly<
  Record<string, (client: LiveClient, value: string | undefined, call: CallOptions) => Promise<LiveAnswer>>
> = {
  status: (client, value) => get(client, "/status", "status", value),
  ready: (client, value) => get(client, "/readyz?verbose=true", "ready", value),
  metrics: (client, value) => get(client, "/metrics", "metrics", value),
  "log-level": (client, level) =>
    client.ask(
      level === undefined
        ? { method: "GET", path: "/log-level" }
        : { method: "PUT", path: "/log-level", body: JSON.stringify({ level }) },
    ),
  top: (client, value, { format, watch }) => {
    if (value !== undefined) throw new UsageError(`\`${value}\` is too much: write \`gatewright live top\`.`);
    return top(client, { format, once: watch.once === true, intervalMs: intervalOf(watch.interval) });
  },
  traffic: (client, value, { format }) => {
    if (value !== undefined) throw new UsageError(`\`${value}\` is too much: write \`gatewright live traffic\`.`);
    return traffic(client, format, screenWidth());
  },
  purge: (client, kind, { name, purging }) => purge(client, kind, name, purging),
  migrate: (client, value, { format, isCsv }) => {
    if (value !== undefined) throw new UsageError(`\`${value}\` is too much: write \`gatewright live migrate\`.`);
    return migrate(client, isCsv ? "csv" : format, screenWidth());
  },
  split: (client, experiment, { name, region }) => split(client, experiment, name, region),
  operations: async (client, value) => {
    const answer = await get(client, "/openapi.json", "operations", value);
    if (answer.status !== 200) return answer;
    const rows = operationsOf(JSON.parse(answer.text) as AdminDocument).map(({ operationId, method, path, summary }) => ({
      operation: operationId,
      method,
      path,
      summary,
    }));
    return { ...answer, text: JSON.stringify(rows) };
  },
  revoke: (client, kind, { name, revocation }) => revoke(client, kind, name, revocation),
  unrevoke: (client, kind, { name, revocation }) => unrevoke(client, kind, name, revocation),
  revocations: (client, kind, { name, revocation }) => revocations(client, kind, name, revocation),
  call: async (client, operation, { params, body }) => {
    if (operation === undefined)
      throw new UsageError("Write `gatewright live call OPERATION`; `gatewright live operations` lists them.");
    const document = await client.ask({ method: "GET", path: "/openapi.json" });
    if (document.status !== 200) return document;
    return client.ask(requestOf(JSON.parse(document.text) as AdminDocument, operation, params, body));
  },
};

/** Those that take what names a credential. */
const ofRevocations = new Set(["revoke", "unrevoke", "revocations"]);

/** Shorter ones would tell more of chance than of the gateway. */
function intervalOf(given: unknown): number {
  const text = textOption("--interval", given) ?? "2s";
  if (!formats.duration!.matches(text) || parseDuration(text) < 100 || parseDuration(text) > 3_600_000)
    throw new UsageError(`\`--interval ${text}\` is not a time between \`100ms\` and \`1h\`. Write one such as \`2s\`.`);
  return parseDuration(text);
}

function get(client: LiveClient, path: string, subject: string, value: string | undefined): Promise<LiveAnswer> {
  if (value !== undefined) throw new UsageError(`\`${value}\` is too much: write \`gatewright live ${subject}\`.`);
  const request: LiveRequest = { method: "GET", path };
  return client.ask(request);
}

/** `gatewright live`: asks a running gateway, or changes it, through its admin listener. Exit code 1 where it says no. */
export async function live(
  subject: string,
  value: string | number | undefined,
  name: string | number | undefined,
  options: LiveOptions &
    RevocationOptions &
    PurgeOptions &
    WatchOptions & { readonly format?: unknown; readonly param?: unknown; readonly body?: unknown; readonly region?: unknown },
): Promise<number> {
  const isCsv = subject === "migrate" && options.format === "csv";
  const format = isCsv ? "text" : formatOption(options.format, ["text", "json"] as const);
  const ask = Object.hasOwn(subjects, subject) ? subjects[subject] : undefined;
  if (ask === undefined) throw new UsageError(`\`live ${subject}\` is unknown. ${suggestion(subject, Object.keys(subjects))}`);
  const params = options.param === undefined ? [] : [options.param].flat().map(String);
  const body = textOption("--body", options.body);
  if (subject !== "call" && (params.length > 0 || body !== undefined))
    throw new UsageError("`--param` and `--body` are for `gatewright live call OPERATION`.");
  const region = textOption("--region", options.region);
  if (subject !== "split" && region !== undefined) throw new UsageError("`--region` is for `gatewright live split`.");
  const { issuer, issuedBefore, until, reason } = options;
  const revocation = { issuer, issuedBefore, until, reason };
  if (!ofRevocations.has(subject)) {
    if (name !== undefined && subject !== "split" && subject !== "purge")
      throw new UsageError(`\`${name}\` is too much behind \`live ${subject} ${value}\`.`);
    if (Object.values(revocation).some((given) => given !== undefined))
      throw new UsageError(
        "`--issuer`, `--issued-before`, `--until` and `--reason` are for `gatewright live revoke KIND VALUE`.",
      );
  }
  const { once, interval } = options;
  if (subject !== "top" && (once !== undefined || interval !== undefined))
    throw new UsageError("`--once` and `--interval` are for `gatewright live top`.");
  const { soft, yes } = options;
  if (subject !== "purge" && (soft !== undefined || yes !== undefined))
    throw new UsageError("`--soft` and `--yes` are for `gatewright live purge`.");
  const client = new LiveClient(options);
  let answer: LiveAnswer;
  let instead: string | undefined;
  try {
    answer = await ask(client, textOf(value), {
      params,
      body,
      name: textOf(name),
      region,
      revocation,
      purging: { soft, yes },
      format,
      isCsv,
      watch: { once, interval },
    });
    if (answer.status === 404 && ofRevocations.has(subject))
      instead = await withoutRoutes(client, subject, textOf(value), textOf(name));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    process.stderr.write(`gatewright: ${error.message}\n`);
    return 1;
  }
  if (answer.status === 404 && (subject === "traffic" || subject === "migrate"))
    instead = `${client.where} counts no callers. Write \`policies: { traffic: {} }\` in gateway.yaml.`;
  if (answer.status === 404 && subject === "purge")
    instead = `${client.where} purges nothing. Write \`cache: { purges: {} }\` in gateway.yaml, beside the policy \`cache\` for what is kept.`;
  if (answer.status === 404 && subject === "split")
    instead = `${client.where} has no experiment \`${textOf(value)}\`. \`gatewright live split\` lists those that it has.`;
  if (instead !== undefined || answer.mediaType === "application/problem+json") {
    process.stderr.write(`gatewright: ${instead ?? problemText(answer, client.where)}\n`);
    return 1;
  }
  process.stdout.write(shown(answer, format));
  return answer.status < 300 ? 0 : 1;
}

/** cac makes numbers of what looks like one. */
const textOf = (value: string | number | undefined): string | undefined => (value === undefined ? undefined : String(value));

const harmless = (text: string): string => (steers.test(text) ? printable(text) : text);

/** Long pages of metrics have none of these: only what has is looked at character by character. */
const steers = /[^\P{C}\n]/u;

function problemText({ text, status }: LiveAnswer, where: string): string {
  const { title, detail } = JSON.parse(text) as { readonly title: string; readonly detail: string };
  const remedy =
    status === 401 && detail.includes("Bearer") ? " `--key-env NAME` says which environment variable holds the key." : "";
  return printable(`${where} answers ${status}, ${title}. ${detail}${remedy}`);
}

function shown({ text, mediaType }: LiveAnswer, format: "text" | "json"): string {
  // What is shown comes from the gateway, and some of that from its clients: nothing of it steers the terminal.
  if (mediaType !== "application/json") return harmless(text);
  const value: unknown = JSON.parse(text);
  return format === "json" ? `${escaped(JSON.stringify(value, null, 2))}\n` : harmless(`${renderValue(value)}\n`);
}
