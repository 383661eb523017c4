import { type KeyFacts, wrongFact } from "../../../runtime/identity/api-key/key-changes.ts";
import { isPrefix, prefixWords } from "../../../runtime/identity/api-key/key-entry.ts";
import { parseDuration } from "../../text/formats.ts";
import { textOption } from "../live/client.ts";
import { UsageError } from "../usage-error.ts";

/** Options that say something of a key. */
export interface FactOptions {
  readonly consumer?: unknown;
  readonly role?: unknown;
  readonly scope?: unknown;
  readonly tenant?: unknown;
  readonly tier?: unknown;
  readonly metadata?: unknown;
  readonly note?: unknown;
  readonly expires?: unknown;
  readonly notBefore?: unknown;
}

/** What the options say of a key; only what was written. */
export function factsOf(options: FactOptions): Partial<KeyFacts> {
  const given = {
    consumer: textOption("--consumer", options.consumer),
    roles: listOption(options.role),
    scopes: listOption(options.scope),
    tenant: textOption("--tenant", options.tenant),
    tier: textOption("--tier", options.tier),
    metadata: metadataOf(textOption("--metadata", options.metadata)),
    note: textOption("--note", options.note),
    notBefore: timeOf("--not-before", textOption("--not-before", options.notBefore)),
    expires: timeOf("--expires", textOption("--expires", options.expires)),
  };
  const facts = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<KeyFacts>;
  const wrong = wrongFact(facts);
  if (wrong !== undefined) throw new UsageError(wrong);
  if (facts.expires !== undefined && Date.parse(facts.expires) <= Date.now())
    throw new UsageError(`\`--expires ${facts.expires}\` has passed; the key would never count.`);
  return facts;
}

export function overlapOf(option: unknown): number {
  const text = textOption("--overlap", option);
  if (text === undefined) return 0;
  if (!isDuration(text)) throw new UsageError(`\`--overlap ${text}\` is not a duration. Write one such as \`7d\` or \`12h\`.`);
  return parseDuration(text);
}

export function prefixOf(option: unknown): string | undefined {
  const prefix = textOption("--prefix", option);
  if (prefix !== undefined && !isPrefix(prefix)) throw new UsageError(`\`--prefix ${prefix}\` has to be ${prefixWords}.`);
  return prefix;
}

const listOption = (value: unknown): readonly string[] | undefined =>
  value === undefined
    ? undefined
    : [value].flat().flatMap((one) =>
        String(one)
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== ""),
      );

function metadataOf(text: string | undefined): KeyFacts["metadata"] {
  if (text === undefined) return undefined;
  try {
    // What it is, is checked with the other fields.
    return JSON.parse(text) as KeyFacts["metadata"];
  } catch {
    throw new UsageError("`--metadata` is not JSON. Write an object such as `--metadata '{\"perMinute\":300}'`.");
  }
}

/** `2027-01-31`, a whole time, or how long from now on. */
function timeOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (isDuration(text)) return `${new Date(Date.now() + parseDuration(text)).toISOString().slice(0, 19)}Z`;
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return `${text}T00:00:00Z`;
  if (/^\d{4}-\d\d-\d\dT/i.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new UsageError(`\`${option} ${text}\` is not a time. Write \`90d\`, \`2027-01-31\` or \`2027-01-31T12:00:00Z\`.`);
}

const isDuration = (text: string): boolean => /^\d+(?:ms|s|m|h|d)$/.test(text);
