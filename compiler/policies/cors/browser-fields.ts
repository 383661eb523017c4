import type { MediaRangeIr } from "../../ir/body.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { fieldSpelling } from "../../text/field-spelling.ts";

/** Request fields of an operation that a script may set only where a preflight allows it, as they are mostly written. */
export interface BrowserFields {
  /** All that the operation reads. */
  readonly read: readonly string[];
  /** Without them no request is answered as the spec says. */
  readonly needed: readonly string[];
}

/** What is known of the operation; undefined on the chain for unmatched requests. */
export function browserFields({ operation, contract, credentialFields }: PolicyContext): BrowserFields | undefined {
  if (operation === undefined) return undefined;
  const message = contract();
  const parameters = (message?.parameters ?? []).filter((parameter) => parameter.in === "header");
  const content = message?.body?.content ?? [];
  const isUnsafe = content.some(({ range }) => !isSafelisted(range));
  // Without a spec nobody knows; a method that has no body asks for no type.
  const maySendType = message === undefined ? !["GET", "HEAD"].includes(operation.method) : isUnsafe;
  const needsType = message?.body?.required === true && content.length > 0 && content.every(({ range }) => isForeign(range));
  const version = operation.versionField === undefined ? [] : [operation.versionField];
  return {
    read: listed([
      ...operation.routedBy,
      ...version,
      ...credentialFields.flat(2),
      ...parameters.map(({ name }) => name),
      ...(maySendType ? [contentType] : []),
    ]),
    needed: listed([
      ...operation.routedBy,
      ...parameters.filter(({ required }) => required).map(({ name }) => name),
      ...(needsType ? [contentType] : []),
    ]),
  };
}

/** For each requirement that no allowed field can meet, the fields of its first alternative. */
export const unmetCredentials = ({ credentialFields }: PolicyContext, allowed: ReadonlySet<string>): readonly string[] =>
  credentialFields.flatMap((alternatives) => {
    const isMet =
      alternatives.length === 0 || alternatives.some((fields) => fields.every((name) => allowed.has(name.toLowerCase())));
    return isMet ? [] : alternatives[0]!.filter((name) => !allowed.has(name.toLowerCase()));
  });

const contentType = "content-type";

/** Each once, without those that scripts may set anyway, or never (Fetch standard, §2.2.2). */
function listed(names: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    if (!unlisted.has(lower) && !byName.has(lower)) byName.set(lower, name === lower ? fieldSpelling(name) : name);
  }
  return [...byName.values()].sort();
}

const unlisted = new Set(["accept", "accept-language", "content-language", "range", "cookie", "host", "origin", "referer"]);

/** A type that a form of HTML sends: no preflight asks for it. */
const isSafelisted = ({ type, subtype }: MediaRangeIr): boolean => safelisted.has(`${type}/${subtype}`);

/** None that such a form sends is in the range. */
const isForeign = (range: MediaRangeIr): boolean =>
  !isSafelisted(range) &&
  range.type !== "*" &&
  !(range.subtype === "*" && ["text", "application", "multipart"].includes(range.type));

const safelisted = new Set(["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]);
