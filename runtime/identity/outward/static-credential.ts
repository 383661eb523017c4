import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import type { ServiceCredential } from "./service-credential.ts";

/** A token of the gateway (RFC 6750 §2.1), or its name and password (RFC 7617). */
export type StaticCredentialConfig = { readonly name: string } & (
  | { readonly bearer: StartValue }
  | { readonly username: StartValue | string; readonly password: StartValue }
);

/** Throws where the value cannot stand in a field. */
export const createStaticCredential = (config: StaticCredentialConfig): ServiceCredential => new StaticCredential(config);

class StaticCredential implements ServiceCredential {
  declare readonly __resource: "serviceCredentials";
  readonly name: string;
  readonly #value: string;

  constructor(config: StaticCredentialConfig) {
    this.name = config.name;
    this.#value =
      "bearer" in config
        ? `Bearer ${config.bearer}`
        : `Basic ${Buffer.from(`${config.username}:${config.password}`).toString("base64")}`;
    assertFieldValue("Authorization", this.#value);
  }

  give(): string {
    return this.#value;
  }
}

export interface RelayConfig {
  readonly name: string;
}

export const createRelay = (config: RelayConfig): ServiceCredential => new Relay(config.name);

/** The credential of the caller goes on, where the gateway has verified it. */
class Relay implements ServiceCredential {
  declare readonly __resource: "serviceCredentials";
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  give(_x: Exchange, caller: string | undefined): string | undefined {
    return caller;
  }
}
