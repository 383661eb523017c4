import type { StartValue } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import type { FollowedSecret } from "../../files/followed-secret.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import type { ServiceCredential } from "./service-credential.ts";

/** The same as of `StaticCredentialConfig`, in a file. */
export type FollowedCredentialConfig = { readonly name: string; readonly secret: FollowedSecret } & (
  | { readonly as: "bearer" }
  | { readonly as: "basic"; readonly username: StartValue | string }
);

/** Throws where the value cannot stand in a field. */
export const createFollowedCredential = (config: FollowedCredentialConfig): FollowedCredential => new FollowedCredential(config);

/** A fixed credential that others replace while the gateway runs, as a platform renews tokens that it mounts. */
class FollowedCredential implements ServiceCredential, Living {
  declare readonly __resource: "serviceCredentials";
  readonly name: string;
  readonly required = false;
  readonly #config: FollowedCredentialConfig;
  #value: string;

  constructor(config: FollowedCredentialConfig) {
    this.name = config.name;
    this.#config = config;
    this.#value = this.#valueOf(config.secret.value);
  }

  start(life: Life): void {
    const { secret } = this.#config;
    secret.follow(
      life,
      (text) => void this.#valueOf(text),
      () => {
        this.#value = this.#valueOf(secret.value);
      },
    );
  }

  give(): string {
    return this.#value;
  }

  #valueOf(secret: string): string {
    const config = this.#config;
    const value =
      config.as === "bearer" ? `Bearer ${secret}` : `Basic ${Buffer.from(`${config.username}:${secret}`).toString("base64")}`;
    assertFieldValue("Authorization", value);
    return value;
  }
}
