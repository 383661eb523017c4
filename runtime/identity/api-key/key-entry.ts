import type { Json } from "../../life/json.ts";

/** A key as a file or a store keeps it: what is known of it, and never the key itself. */
export interface KeyEntry {
  readonly id: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string;
  /** Its first characters, for people. */
  readonly hint?: string;
  readonly consumer: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly tenant?: string;
  readonly tier?: string;
  readonly metadata?: { readonly [name: string]: Json };
  readonly note?: string;
  /** Points in time, as RFC 3339 has them. */
  readonly created?: string;
  readonly notBefore?: string;
  readonly expires?: string;
  readonly revoked?: string;
  /** Id of the key that takes its place. */
  readonly replacedBy?: string;
}

/** A file of keys. */
export interface KeyFile {
  /** What keys that are made for it begin with. */
  readonly prefix: string;
  readonly keys: readonly KeyEntry[];
}

type Check = (value: unknown) => string | undefined;

const text = (value: unknown, pattern: RegExp, expected: string): string | undefined =>
  typeof value === "string" && pattern.test(value) ? undefined : expected;

const names: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "" && one.length <= 256)
    ? undefined
    : "a list of names";

/** RFC 3339, as everything that makes keys writes it and what people write by hand. */
const time: Check = (value) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value))
    ? undefined
    : "a time such as 2027-01-31T00:00:00Z";

const short: Check = (value) => text(value, /^.{1,256}$/su, "text of 1 to 256 characters");

/** What may stand in an entry. An unknown name is an error: a misspelt `expires` would make a key that never ends. */
const checks: Readonly<Record<keyof KeyEntry, Check>> = {
  id: (value) => text(value, /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "1 to 64 letters, digits, `.`, `_` and `-`"),
  hash: (value) => text(value, /^[0-9a-f]{64}$/, "the SHA-256 of the key as 64 hexadecimal digits in lower case"),
  hint: short,
  consumer: (value) => text(value, /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, "1 to 128 letters, digits, `.`, `_`, `@` and `-`"),
  roles: names,
  scopes: names,
  tenant: short,
  tier: short,
  metadata: (value) => (isObject(value) ? undefined : "an object"),
  note: short,
  created: time,
  notBefore: time,
  expires: time,
  revoked: time,
  replacedBy: short,
};

/** What is wrong with one field of an entry, to be read behind its name; undefined: nothing. */
export const wrongField = (name: keyof KeyEntry, value: unknown): string | undefined => {
  const expected = checks[name](value);
  return expected === undefined ? undefined : `has to be ${expected}`;
};

/**
 * The value as an entry.
 *
 * @throws an `Error` that names what is wrong, without a value
 * @param where what stands in front of the name of a field: `keys[3]`
 */
export function readEntry(value: unknown, where: string): KeyEntry {
  if (!isObject(value)) throw new Error(`${where} is not an object`);
  for (const name of ["id", "hash", "consumer"] as const)
    if (!Object.hasOwn(value, name)) throw new Error(`${where}.${name} is missing`);
  for (const [name, field] of Object.entries(value)) {
    if (!Object.hasOwn(checks, name))
      throw new Error(`${where} has the unknown field \`${name.slice(0, 64)}\`; known: ${Object.keys(checks).join(", ")}`);
    // An own name of `checks`.
    const wrong = wrongField(name as keyof KeyEntry, field);
    if (wrong !== undefined) throw new Error(`${where}.${name} ${wrong}`);
  }
  // Every field that it has was checked.
  return value as unknown as KeyEntry;
}

/**
 * Reads a file of keys.
 *
 * @throws an `Error` for operators where it cannot be used: all of it, since half of a list of keys is another list
 */
export function readKeyFile(written: string): KeyFile {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    // What the parser says may quote the text.
    throw new Error("it is not JSON: empty, written only in part, or broken. `gatewright keys` writes it as a whole");
  }
  if (!isObject(value) || value.version !== 1 || !Array.isArray(value.keys))
    throw new Error('it is not a file of keys, `{ "version": 1, "prefix": …, "keys": […] }`. `gatewright keys create` makes one');
  const { version: _version, prefix, keys, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`it has the unknown field \`${unknown.slice(0, 64)}\``);
  if (!isPrefix(prefix)) throw new Error(`\`prefix\` has to be ${prefixWords}`);
  const ids = new Set<string>();
  const hashes = new Set<string>();
  const entries = keys.map((one, index) => {
    const entry = readEntry(one, `keys[${index}]`);
    if (ids.has(entry.id)) throw new Error(`keys[${index}].id is also the id of a key before it`);
    if (hashes.has(entry.hash)) throw new Error(`keys[${index}].hash is also the hash of a key before it`);
    ids.add(entry.id);
    hashes.add(entry.hash);
    return entry;
  });
  return { prefix, keys: entries };
}

/** One key on each line, so that a change of one is a change of one line. */
export const writeKeyFile = ({ prefix, keys }: KeyFile): string =>
  `{\n  "version": 1,\n  "prefix": ${JSON.stringify(prefix)},\n  "keys": [${keys.map((entry) => `\n    ${JSON.stringify(entry)}`).join(",")}\n  ]\n}\n`;

export const prefixWords = "a letter, then up to 31 letters, digits and `_`, and no `_` at its end";
export const isPrefix = (value: unknown): value is string =>
  typeof value === "string" && /^[A-Za-z](?:[A-Za-z0-9_]{0,30}[A-Za-z0-9])?$/.test(value);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
