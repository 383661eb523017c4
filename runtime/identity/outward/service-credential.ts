import type { Problem } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";

/** What a service gets as `Authorization`; undefined: nothing. A problem: what the service needs cannot be had. */
export type Given = string | undefined | Problem;

/** With what the gateway proves to a service who it is, or for whom it calls. */
export interface ServiceCredential {
  readonly __resource: "serviceCredentials";
  readonly name: string;
  /** @param caller value of `Authorization` by which the caller was authenticated; undefined where it was not so */
  give(x: Exchange, caller: string | undefined): Given | Promise<Given>;
  /** The service does not take what it was given. */
  refused?(given: string): void;
}
