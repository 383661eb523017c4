import { promises as dns, type LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { type CidrSet, createCidrSet } from "../addresses/cidr.ts";
import { dotted } from "../addresses/ip-text.ts";
import { parseIp } from "../addresses/parse-ip.ts";
import { contained } from "../life/boundary.ts";
import { CallFailure } from "./failure.ts";
import { hostOf, portOf } from "./proxy.ts";

/**
 * What is not on the open internet (IANA's registries of special-purpose addresses, RFC 6890): this machine, private
 * networks, the metadata services of clouds at link-local addresses, and IPv6 blocks that stand for IPv4 ones, behind which
 * all of these may be.
 */
const special: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

/**
 * Where calls may go. Hosts that the configuration names may be anywhere, also on this machine. A URL that came from
 * elsewhere, in a redirect or in a document that was fetched, leads to the open internet only: whoever writes it would
 * otherwise reach with the gateway's hands what only the gateway can reach.
 */
export class Reach {
  readonly #named: ReadonlySet<string>;
  readonly #special: CidrSet = createCidrSet(special);

  /** @param named URLs of the configuration */
  constructor(named: readonly string[]) {
    this.#named = new Set(named.map((url) => authorityOf(new URL(url))));
  }

  isNamed(url: URL): boolean {
    return this.#named.has(authorityOf(url));
  }

  /**
   * Addresses to connect to, of which none is resolved again: a name that gives another answer to each question cannot
   * give one to this look and another one to the connection.
   */
  async addressesOf(url: URL, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    const host = hostOf(url);
    const family = isIP(host);
    const all = family !== 0 ? [{ address: host, family }] : await resolve(url, host, signal);
    if (this.isNamed(url)) return all;
    const allowed = all.filter(({ address }) => !this.#isSpecial(address));
    if (allowed.length > 0) return allowed;
    const leads = family !== 0 ? "it is" : `${host} leads to ${all.map(({ address }) => address).join(", ")},`;
    throw new CallFailure(
      "forbidden",
      `${url.origin} is not called: ${leads} not on the open internet, and no URL of the configuration names ${url.host}`,
    );
  }

  /**
   * `host:port`, as a proxy is asked for it. It resolves the names that the configuration has; any other one is resolved
   * here, and looked at.
   */
  async behindProxy(url: URL, signal: AbortSignal): Promise<string> {
    if (this.isNamed(url)) return `${url.hostname}:${portOf(url)}`;
    const [first] = await this.addressesOf(url, signal);
    const { address, family } = first!;
    return `${family === 6 ? `[${address}]` : address}:${portOf(url)}`;
  }

  #isSpecial(address: string): boolean {
    const embedded = nat64(address);
    return this.#special.has(embedded ?? address) !== false;
  }
}

/** The IPv4 address that NAT64 goes on to (RFC 6052 §2.1). */
function nat64(address: string): string | undefined {
  const words = new Uint32Array(4);
  const isPrefixed = parseIp(address, words) === 6 && words[0] === 0x64_ff9b && words[1] === 0 && words[2] === 0;
  return isPrefixed ? dotted(words[3]!) : undefined;
}

const authorityOf = (url: URL): string => `${hostOf(url)} ${portOf(url)}`;

/** A look-up of the system cannot be called off: it ends for itself, and nobody waits for it. */
async function resolve(url: URL, host: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
  try {
    return await Promise.race([dns.lookup(host, { all: true, order: "verbatim" }), ended(signal)]);
  } catch (error) {
    if (error instanceof CallFailure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOTFOUND" ? "no such name is known" : `the name cannot be resolved (${code ?? message})`;
    const what = `cannot reach ${url.origin}: ${why}. Look at ${host} and at the resolver of this machine`;
    throw new CallFailure("name", what, error);
  }
}

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else
      signal.addEventListener(
        "abort",
        contained({ broke: reject }, () => reject(signal.reason)),
        { once: true },
      );
  });
