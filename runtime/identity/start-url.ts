import type { StartValue } from "../exchange/exchange.ts";
import { shownValue } from "../life/shown-value.ts";
import { StartError } from "../life/start-error.ts";

/** A URL that is read when the gateway starts, and that can be called. */
export type StartUrl = string & { readonly __made: true };

export interface StartUrlConfig {
  readonly url: StartValue;
  /** Where it is written, as messages name it: `identity.schemes.login.jwt.issuer`. */
  readonly option: string;
}

/** Throws a `StartError` where it is no URL that can be called. */
export const createStartUrl = ({ url, option }: StartUrlConfig): StartUrl => {
  checkStartUrl(url, option);
  // A mark for the compiler: at run time it is a text like any other.
  return url as string as StartUrl;
};

export function checkStartUrl(url: string, option: string): void {
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : { protocol: "", username: "", password: "" };
  if (/^https?:$/.test(protocol) && username === "" && password === "") return;
  throw new StartError(
    `${option} becomes ${shownValue(url)}, which is no URL that can be called. Set its variable so that it is one like https://login.example.com/, without user and password.`,
  );
}
