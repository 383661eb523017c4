import { type CidrSet, createCidrSet } from "../../addresses/cidr.ts";
import { refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";

export interface IpFilterConfig {
  /** CIDR blocks; null: everyone. */
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

export const createIpFilter = (config: IpFilterConfig): IpFilter => new IpFilter(config);

class IpFilter {
  readonly #allow: CidrSet | null;
  readonly #deny: CidrSet | null;

  constructor(config: IpFilterConfig) {
    this.#allow = config.allow === null ? null : createCidrSet(config.allow);
    this.#deny = config.deny.length === 0 ? null : createCidrSet(config.deny);
  }

  request(x: Exchange): boolean {
    const { ip } = x.peer;
    // What is no address is in no set, and is refused by either.
    const denied = this.#deny !== null && this.#deny.has(ip) !== false;
    const allowed = this.#allow === null || this.#allow.has(ip) === true;
    return allowed && !denied ? false : refuseAddress(x);
  }
}

export const refuseAddress = (x: Exchange): true =>
  refuse(x, { status: 403, slug: "address-refused", title: "This address may not call", source: "ipFilter" });
