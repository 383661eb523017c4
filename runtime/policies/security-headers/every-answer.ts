import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { FieldNames } from "../../fields/field-names.ts";
import { assertFieldValue } from "../../fields/field-value.ts";

export interface SecurityHeadersConfig {
  /** Fields of every answer. */
  readonly fields: readonly SecurityField[];
  /** Fields of answers over TLS only: RFC 6797 §7.2 forbids `Strict-Transport-Security` elsewhere. */
  readonly secureFields: readonly SecurityField[];
  readonly remove: readonly string[];
  /** False: a value that the service sends is kept. */
  readonly replace: boolean;
}

export interface SecurityField {
  readonly name: string;
  readonly value: StartValue;
}

export const createSecurityHeaders = (config: SecurityHeadersConfig): SecurityHeaders => new SecurityHeaders(config);

export class SecurityHeaders {
  /** Name and value alternating. */
  readonly #plain: readonly string[];
  readonly #secure: readonly string[];
  readonly #remove: FieldNames;
  readonly #replace: boolean;

  constructor(config: SecurityHeadersConfig) {
    const all = [...config.fields, ...config.secureFields];
    for (const { name, value } of all) assertFieldValue(name, value);
    this.#plain = config.fields.flatMap(({ name, value }) => [name, value]);
    this.#secure = all.flatMap(({ name, value }) => [name, value]);
    this.#replace = config.replace;
    this.#remove = new FieldNames(config.replace ? [...config.remove, ...all.map(({ name }) => name)] : config.remove);
  }

  response(x: Exchange): void {
    const { headers } = x.answer!;
    const lines = x.peer.secure ? this.#secure : this.#plain;
    this.#remove.deleteFrom(headers);
    if (this.#replace) {
      headers.append(lines);
      return;
    }
    for (let index = 0; index < lines.length; index += 2) {
      if (!headers.has(lines[index]!.toLowerCase())) headers.add(lines[index]!, lines[index + 1]!);
    }
  }
}
