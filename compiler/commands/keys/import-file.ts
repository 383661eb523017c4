import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type KeyEntry, readEntry } from "../../../runtime/identity/api-key/key-entry.ts";
import { randomText } from "../../../runtime/identity/api-key/key-text.ts";
import { UsageError } from "../usage-error.ts";
import { csvRecords } from "./csv.ts";
import { KeysProblem } from "./shelf.ts";

/** Shorter ones can be guessed. */
const shortestKey = 16;
const listFields = ["roles", "scopes"];

/**
 * Keys of a file of another gateway, or of an export: JSON (a list, or an object with `keys`) or CSV with a line of names.
 * Each has `consumer`, and `key` or `hash` (SHA-256); what else it has is as in entries.
 *
 * @throws a `KeysProblem` that names the record, and never a key
 */
export function readImport(path: string): readonly KeyEntry[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const isJson = /^\s*[[{]/.test(text);
  const records = isJson ? jsonRecords(text, path) : csvRecords(text, path);
  if (records.length === 0) throw new KeysProblem(`${path} has no keys.`);
  return records.map((record, index) => entryOf(record, `${path}, ${isJson ? `key ${index + 1}` : `line ${index + 2}`}`));
}

function jsonRecords(text: string, path: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeysProblem(`${path} is not JSON, although it begins like it.`);
  }
  const list = Array.isArray(value) ? value : (value as { readonly keys?: unknown }).keys;
  if (!Array.isArray(list)) throw new KeysProblem(`${path} is neither a list of keys nor an object with \`keys\`.`);
  return list as readonly unknown[];
}

function entryOf(record: unknown, where: string): KeyEntry {
  if (typeof record !== "object" || record === null || Array.isArray(record)) throw new KeysProblem(`${where} is not an object.`);
  const { key, hash, id = `k_${randomText(12)}`, ...others } = record as Record<string, unknown>;
  for (const name of listFields)
    if (typeof others[name] === "string") others[name] = others[name].split(/[\s;,]+/).filter((one) => one !== "");
  if ((key === undefined) === (hash === undefined))
    throw new KeysProblem(
      `${where} has ${key === undefined ? "neither `key` nor `hash`" : "both `key` and `hash`"}. Give it one of them.`,
    );
  try {
    return readEntry({ id, hash: key === undefined ? hashOf(hash, where) : hashOfKey(key, where), ...others }, "it");
  } catch (error) {
    if (error instanceof KeysProblem || !(error instanceof Error)) throw error;
    throw new KeysProblem(`${where}: ${error.message.replace(/^it\.?/, "").trim()}.`);
  }
}

function hashOfKey(key: unknown, where: string): string {
  if (typeof key !== "string" || key.length < shortestKey || key.length > 4096)
    throw new KeysProblem(`${where}: \`key\` has to be text of at least ${shortestKey} characters; shorter keys can be guessed.`);
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new KeysProblem(`${where}: \`key\` has characters that no client can send: white space, or letters outside ASCII.`);
  return createHash("sha256").update(key).digest("hex");
}

/** SHA-256 in hexadecimal or base64, with or without `sha256:`. */
function hashOf(hash: unknown, where: string): string {
  const text = typeof hash === "string" ? hash.trim().replace(/^sha-?256[:-]/i, "") : "";
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, "base64").toString("hex");
  const [, kind] = others.find(([pattern]) => pattern.test(text)) ?? [];
  const what = kind === undefined ? "is not a SHA-256 in hexadecimal or base64" : `is a ${kind} hash`;
  throw new KeysProblem(
    `${where}: \`hash\` ${what}, and keys are found by their SHA-256. Import the keys themselves (\`key\`), or create new ones and let clients change over.`,
  );
}

const others: readonly (readonly [RegExp, string])[] = [
  [/^\$2[abxy]?\$/, "bcrypt"],
  [/^\$argon2/, "Argon2"],
  [/^\$(?:scrypt|7)\$/, "scrypt"],
  [/^\$[156]\$/, "crypt"],
  [/^[0-9a-f]{32}$/i, "MD5 or murmur"],
  [/^[0-9a-f]{16}$/i, "murmur"],
  [/^[0-9a-f]{40}$/i, "SHA-1"],
  [/^[0-9a-f]{96}$/i, "SHA-384"],
  [/^[0-9a-f]{128}$/i, "SHA-512"],
];
