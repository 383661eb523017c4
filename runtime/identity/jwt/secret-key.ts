import type { StartValue } from "../../exchange/exchange.ts";
import { StartError } from "../../life/start-error.ts";
import type { Algorithm } from "../jose/algorithms.ts";
import { readSecret } from "../jose/read-key.ts";
import { settled } from "./inline-keys.ts";
import type { KeySource, KeysInForce } from "./key-source.ts";

export interface SecretKeyConfig {
  readonly secret: StartValue;
  readonly algorithms: readonly Algorithm[];
  /** Name of the security scheme. */
  readonly scheme: string;
}

/** Throws a `StartError` where the secret is too short. */
export const createSecretKey = (config: SecretKeyConfig): KeySource => new SecretKey(config);

class SecretKey implements KeySource {
  declare readonly __made: true;
  readonly source = "a shared secret";
  readonly inForce: KeysInForce;

  constructor({ secret, algorithms, scheme }: SecretKeyConfig) {
    const key = readSecret(secret, algorithms);
    if (typeof key === "string")
      throw new StartError(
        `identity.schemes.${scheme}.jwt: the secret ${key}. Share a longer one with the issuer, for example from \`openssl rand -base64 48\`.`,
      );
    this.inForce = settled([key]);
  }
}
