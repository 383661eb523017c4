import { refuse } from "../../answers/problem.ts";
import type { Exchange, Slot, UpstreamRequest } from "../../exchange/exchange.ts";
import type { Given, ServiceCredential } from "./service-credential.ts";

export interface ServiceAuthenticationConfig {
  readonly slot: Slot;
  /** The service of the operation. */
  readonly service: string;
  /** Of the services that requests of the operation may reach. */
  readonly credentials: readonly { readonly service: string; readonly credential: ServiceCredential }[];
  /** Security schemes that verify what is in `Authorization`. */
  readonly schemes: readonly string[];
  /** A scheme lets `Authorization` through for the service to verify. */
  readonly passes: boolean;
}

export const createServiceAuthentication = (config: ServiceAuthenticationConfig): ServiceAuthentication =>
  new ServiceAuthentication(config);

/** Runs behind whatever chooses the service. */
export class ServiceAuthentication {
  readonly #config: ServiceAuthenticationConfig;

  constructor(config: ServiceAuthenticationConfig) {
    this.#config = config;
  }

  request(x: Exchange): boolean | Promise<boolean> {
    const credential = this.#credentialOf(x);
    if (credential === undefined) return false;
    const given = credential.give(x, this.#callerOf(x));
    return given instanceof Promise ? this.#wait(x, given) : this.#settle(x, given);
  }

  async #wait(x: Exchange, given: Promise<Given>): Promise<boolean> {
    return this.#settle(x, await given);
  }

  /** True: the service cannot be called. */
  #settle(x: Exchange, given: Given): boolean {
    if (typeof given === "object") return refuse(x, given);
    x.slots[this.#config.slot] = given;
    return false;
  }

  /** What the client sent never stands beside, or in place of, what the service is to get. */
  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    if (this.#credentialOf(x) === undefined) return;
    const given = x.slots[this.#config.slot];
    if (typeof given === "string") upstream.headers.set("Authorization", given);
    else if (!this.#config.passes) upstream.headers.delete("authorization");
  }

  response(x: Exchange): void {
    const { source, status } = x.answer!;
    const given = x.slots[this.#config.slot];
    if (status === 401 && source === "service" && typeof given === "string") this.#credentialOf(x)?.refused?.(given);
  }

  #credentialOf(x: Exchange): ServiceCredential | undefined {
    const { service, credentials } = this.#config;
    const name = x.target?.name ?? service;
    for (let index = 0; index < credentials.length; index++)
      if (credentials[index]!.service === name) return credentials[index]!.credential;
    return undefined;
  }

  /** Another scheme may have vouched for the caller: then nobody has looked at `Authorization`. */
  #callerOf(x: Exchange): string | undefined {
    if (x.identity === undefined || !this.#config.schemes.includes(x.identity.scheme)) return undefined;
    return x.headers.single("authorization") ?? undefined;
  }
}
