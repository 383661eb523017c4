import type { Exchange, Expression, UpstreamRequest } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { identityText } from "./identity-text.ts";

export interface IdentityHeadersConfig {
  readonly fields: readonly IdentityFieldConfig[];
}

export interface IdentityFieldConfig {
  /** Spelt as it shall be sent. */
  readonly name: string;
  readonly value: Expression<unknown>;
}

export const createIdentityHeaders = (config: IdentityHeadersConfig): IdentityHeaders => new IdentityHeaders(config);

/** What clients send under these names was withheld when their head was read. */
class IdentityHeaders {
  readonly #fields: readonly IdentityFieldConfig[];

  constructor({ fields }: IdentityHeadersConfig) {
    this.#fields = fields;
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    setIdentityFields(this.#fields, x, upstream);
  }
}

export function setIdentityFields(fields: readonly IdentityFieldConfig[], x: Exchange, upstream: UpstreamRequest): void {
  for (let index = 0; index < fields.length; index++) {
    const { name, value } = fields[index]!;
    const text = identityText(valueOf(value, x));
    if (text !== "") upstream.headers.set(name, text);
  }
}
