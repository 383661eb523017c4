import { jsonText } from "../../log/json-text.ts";
import { isSecretMember, redacted } from "./redaction.ts";
import type { ValueRedactor } from "./values/value-redactor.ts";

/** What a schema says is secret below a value: all of it, or what the shape of that index says; absent: nothing. */
export type Secret = true | number;

export interface SecretShape {
  readonly members?: readonly (readonly [name: string, secret: Secret])[];
  /** Of members that are not named. */
  readonly others?: Secret;
  readonly items?: Secret;
}

export interface SecretsConfig {
  /** As the schemas of the spec say; shapes refer to each other by index. */
  readonly shapes: readonly SecretShape[];
  /** Names of members whose values are secret wherever they stand, in lower case; `*` stands for any characters. */
  readonly names: readonly string[];
  /** Ways to values: names and indices, `*` for any. */
  readonly pointers: readonly (readonly string[])[];
  /** What is secret by how it looks, wherever it stands. */
  readonly values: readonly ValueRedactor[];
}

interface Shape {
  readonly members: ReadonlyMap<string, Secret>;
  readonly others: Secret | undefined;
  readonly items: Secret | undefined;
}

/** A pointer that leads here, and how many of its names have been followed. */
type Way = readonly [pointer: readonly string[], depth: number];

/** Writes values as JSON without what is secret in them. */
export class RedactedJson {
  readonly #shapes: readonly Shape[];
  readonly #names: ReadonlySet<string>;
  readonly #patterns: readonly (readonly string[])[];
  readonly #ways: readonly Way[];
  readonly #values: readonly ValueRedactor[];

  constructor({ shapes, names, pointers, values }: SecretsConfig) {
    this.#values = values;
    this.#shapes = shapes.map(({ members = [], others, items }) => ({ members: new Map(members), others, items }));
    this.#names = new Set(names.filter((name) => !name.includes("*")));
    this.#patterns = names.filter((name) => name.includes("*")).map((name) => name.split("*"));
    this.#ways = pointers.map((pointer) => [pointer, 0]);
  }

  /** @param secret of the value as a whole */
  text(value: unknown, secret: Secret | undefined): string {
    return this.#text(value, secret, this.#ways);
  }

  #text(value: unknown, secret: Secret | undefined, ways: readonly Way[]): string {
    if (secret === true || ways.some(([pointer, depth]) => depth === pointer.length)) return `"${redacted}"`;
    if (typeof value === "string") return jsonText(this.#withoutSecrets(value));
    // Integers that no double holds come as bigints. A number of a card may be written as a number.
    if (typeof value === "number" || typeof value === "bigint") {
      const text = String(value);
      return this.#withoutSecrets(text) === text ? text : `"${redacted}"`;
    }
    if (typeof value !== "object" || value === null) return String(value);
    const shape = secret === undefined ? undefined : this.#shapes[secret];
    if (Array.isArray(value))
      return `[${value.map((item, index) => this.#text(item, shape?.items, followed(ways, String(index)))).join(",")}]`;
    const members = Object.entries(value).map(([name, member]) => {
      const own = this.#isSecret(name) ? true : (shape?.members.get(name) ?? shape?.others);
      return `${jsonText(this.#withoutSecrets(name))}:${this.#text(member, own, followed(ways, name))}`;
    });
    return `{${members.join(",")}}`;
  }

  #withoutSecrets(text: string): string {
    let left = text;
    for (let index = 0; index < this.#values.length; index++) left = this.#values[index]!(left);
    return left;
  }

  #isSecret(name: string): boolean {
    return isSecretMember(name, this.#names) || this.#patterns.some((parts) => matches(name.toLowerCase(), parts));
  }
}

function followed(ways: readonly Way[], name: string): readonly Way[] {
  if (ways.length === 0) return ways;
  return ways.flatMap(([pointer, depth]): Way[] =>
    pointer[depth] === "*" || pointer[depth] === name ? [[pointer, depth + 1]] : [],
  );
}

/** Whether the text is these parts with anything between them. The first place of each part will do: no step is taken twice. */
function matches(text: string, parts: readonly string[]): boolean {
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
