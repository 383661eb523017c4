import { parseJson } from "../../body/json.ts";
import { messageOf } from "../../life/message-of.ts";
import { isJsonObject } from "../jose/json-object.ts";
import { type PasswordHash, readPasswordHash } from "./password-hash.ts";

export interface User {
  readonly name: string;
  readonly hash: PasswordHash;
  /** What the hash was read from: with another one, what was verified before no longer counts. */
  readonly source: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export const mostUsers = 100_000;

/**
 * The users of a file: lines `name:hash` with comments from `#` on, as `htpasswd -B` writes them, or a JSON object of
 * `{ "password": hash, "roles": [], "scopes": [] }` by name. Throws with the end of a sentence.
 */
export function readUsers(text: string): ReadonlyMap<string, User> {
  const users = new Map<string, User>();
  for (const [place, entry] of text.trimStart().startsWith("{") ? ofJson(text) : ofLines(text)) {
    if (users.size >= mostUsers) throw new Error(`it has more than ${mostUsers} users`);
    if (entry.name === "" || /[\p{Cc}:]/u.test(entry.name) || entry.name.length > 256)
      throw new Error(`${place} has a name that is empty, too long, or holds a colon or control characters`);
    if (users.has(entry.name)) throw new Error(`${place} names a user that is there already`);
    try {
      users.set(entry.name, { ...entry, hash: readPasswordHash(entry.source) });
    } catch (error) {
      throw new Error(`the password in ${place} ${messageOf(error)}`);
    }
  }
  if (users.size === 0) throw new Error("it has no users");
  return users;
}

type Entry = readonly [place: string, user: Omit<User, "hash">];

function* ofLines(text: string): Iterable<Entry> {
  for (const [index, whole] of text.split("\n").entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const place = `line ${index + 1}`;
    const colon = line.indexOf(":");
    if (colon < 0) throw new Error(`${place} is not \`name:hash\``);
    yield [place, { name: line.slice(0, colon).normalize("NFC"), source: line.slice(colon + 1), roles: [], scopes: [] }];
  }
}

function* ofJson(text: string): Iterable<Entry> {
  const { value } = parseJson(Buffer.from(text), { maxDepth: 4 });
  if (!isJsonObject(value)) throw new Error("it begins like a JSON object and is not one whose members all differ");
  for (const [index, [name, user]] of Object.entries(value).entries()) {
    const place = `entry ${index + 1}`;
    const { password, roles = [], scopes = [], ...others } = isJsonObject(user) ? user : {};
    if (typeof password !== "string" || !isTexts(roles) || !isTexts(scopes) || Object.keys(others).length > 0)
      throw new Error(`${place} is not an object with \`password\`, and perhaps lists \`roles\` and \`scopes\``);
    yield [place, { name: name.normalize("NFC"), source: password, roles, scopes }];
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
