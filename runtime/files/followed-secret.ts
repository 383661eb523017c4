import type { Place, StartValue } from "../exchange/exchange.ts";
import type { Life } from "../life/life.ts";
import { FollowedFiles } from "./followed-files.ts";

export interface FollowedSecretConfig {
  /** As it was read at start. */
  readonly value: StartValue;
  readonly path: string;
  /** `gateway.yaml:12 file secret.txt`, for logs. */
  readonly from: Place | string;
}

export const createFollowedSecret = (config: FollowedSecretConfig): FollowedSecret => new FollowedSecret(config);

/** Bytes: tokens have a few thousand. */
const longestSecret = 65_536;

/** A secret in a file, which others replace while the gateway runs. */
export class FollowedSecret {
  declare readonly __made: true;
  readonly #config: FollowedSecretConfig;
  #value: string;

  constructor(config: FollowedSecretConfig) {
    this.#config = config;
    this.#value = config.value;
  }

  /** Without a line break at its end. */
  get value(): string {
    return this.#value;
  }

  /**
   * Up to the end of `life`.
   *
   * @param judge throws, without showing it, where a new one is of no use: then the one before stays in force
   * @param replaced called behind each change
   */
  follow(life: Life, judge: (value: string) => void, replaced: () => void): void {
    const { path, from } = this.#config;
    const parse = ([value = ""]: readonly string[]): string => {
      if (value === "") throw new Error("it is empty");
      judge(value);
      return value;
    };
    const apply = (value: string): void => {
      this.#value = value;
      replaced();
    };
    new FollowedFiles({ paths: [path], what: `secret of ${from}`, maxBytes: longestSecret, parse, apply }, [this.#value]).follow(
      life,
    );
  }
}

/** A secret at this moment, wherever it comes from. */
export const currentSecret = (secret: StartValue | FollowedSecret): string =>
  typeof secret === "string" ? secret : secret.value;
