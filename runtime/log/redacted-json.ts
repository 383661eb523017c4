import { followed, isThere, MemberNames, type Way, waysOf } from "../body/json-ways.ts";
import { jsonText } from "./json-text.ts";
import { isSecretMember, redacted } from "./redaction.ts";
import type { ValueRedactor } from "./value-redactor.ts";

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

/** Writes values as JSON without what is secret in them. */
export class RedactedJson {
  readonly #shapes: readonly Shape[];
  readonly #names: MemberNames;
  readonly #ways: readonly Way[];
  readonly #values: readonly ValueRedactor[];

  constructor({ shapes, names, pointers, values }: SecretsConfig) {
    this.#values = values;
    this.#shapes = shapes.map(({ members = [], others, items }) => ({ members: new Map(members), others, items }));
    this.#names = new MemberNames(names);
    this.#ways = waysOf(pointers);
  }

  /** @param secret of the value as a whole */
  text(value: unknown, secret: Secret | undefined): string {
    return this.#text(value, secret, this.#ways);
  }

  #text(value: unknown, secret: Secret | undefined, ways: readonly Way[]): string {
    if (secret === true || isThere(ways)) return `"${redacted}"`;
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
    return isSecretMember(name, this.#names.plain) || this.#names.has(name);
  }
}
