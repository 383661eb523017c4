import { promises as dns, type LookupAddress } from "node:dns";
import { readFileSync } from "node:fs";
import { isIP, type LookupFunction, type Socket, SocketAddress } from "node:net";
import type { StartValue } from "../exchange/exchange.ts";
import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { shownValue } from "../life/shown-value.ts";
import { StartError } from "../life/start-error.ts";
import { missingFlag } from "../process/permission.ts";

export interface NamesConfig {
  readonly service: string;
  /** Servers to ask, as `address` or `address:port`; the resolver of the system where absent. */
  readonly servers?: readonly (StartValue | string)[];
  /** Milliseconds that an answer is kept at least and at most, whatever its TTL says. */
  readonly ttl: { readonly min: number; readonly max: number };
}

/** Tells which addresses a name has left. */
export type Retire = (isKept: (address: string) => boolean) => void;

/** Throws a `StartError` where a server has no usable address. */
export const createNames = (config: NamesConfig): ServiceNames => new ServiceNames(config);

/** The names in the endpoints of a service and their addresses. */
export class ServiceNames {
  readonly #config: NamesConfig;
  readonly #resolver = new dns.Resolver({ timeout: 500, tries: 2 });
  readonly #known = new Map<string, ServiceName>();

  constructor(config: NamesConfig) {
    this.#config = config;
    try {
      if (config.servers !== undefined) this.#resolver.setServers(config.servers);
    } catch {
      const shown = config.servers!.map(shownValue).join(", ");
      throw new StartError(
        `service ${config.service}: ${shown} are no servers of names. Write each as an address, with a port where it is not 53.`,
      );
    }
  }

  /** Undefined for a literal address. */
  of(hostname: string, retire: Retire): ServiceName | undefined {
    if (isIP(hostname) !== 0) return undefined;
    // Where they may not be read, another machine could answer to the name: said now, and not when the first client comes.
    if (this.#config.servers === undefined) for (const file of [hostsFile, resolverFile]) readText(file);
    let name = this.#known.get(hostname);
    if (name === undefined) this.#known.set(hostname, (name = new ServiceName(hostname, this.#config, this.#resolver)));
    name.users.add(retire);
    return name;
  }

  /** Whoever used the name does so no more. */
  leave(hostname: string, retire: Retire): void {
    const name = this.#known.get(hostname);
    if (name?.users.delete(retire) === true && name.users.size === 0) this.#known.delete(hostname);
  }
}

/** Milliseconds that addresses are kept which come without a TTL. */
const untimedMs = 30_000;

/** Milliseconds that a new connection waits for fresh addresses while there are old ones. */
const patienceMs = 500;

/** Milliseconds after a failed look-up until the next one; doubled each time up to the second. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

type Callback = Parameters<LookupFunction>[2];

/**
 * One name and its addresses, asked for when a connection is to be opened and the ones at hand are too old. While nobody
 * answers, the last ones that were good stay in use.
 */
export class ServiceName {
  /** Told when addresses are gone. */
  readonly users = new Set<Retire>();
  readonly #hostname: string;
  readonly #config: NamesConfig;
  readonly #resolver: dns.Resolver;
  #addresses: readonly LookupAddress[] = [];
  /** Monotonic milliseconds: from when on to ask again, and of the last answer. */
  #due = 0;
  #answeredAt = 0;
  #failures = 0;
  #error: NodeJS.ErrnoException | undefined = undefined;
  #asking: Promise<void> | undefined = undefined;
  #turn = 0;
  #family = 6;
  readonly #looking = logged("a look-up of addresses failed inside the gateway");

  constructor(hostname: string, config: NamesConfig, resolver: dns.Resolver) {
    this.#hostname = hostname;
    this.#config = config;
    this.#resolver = resolver;
  }

  /** Number of addresses. */
  get count(): number {
    return this.#addresses.length;
  }

  /** For the `lookup` option of a connection. */
  readonly lookup: LookupFunction = (_hostname, options, callback) => {
    let isGiven = false;
    let patience: NodeJS.Timeout | undefined;
    const give = contained(this.#looking, (): void => {
      if (isGiven) return;
      isGiven = true;
      clearTimeout(patience);
      this.#give(options.all === true, callback);
    });
    if (clock.monotonic() < this.#due) {
      process.nextTick(give);
      return;
    }
    if (this.#addresses.length > 0) patience = setTimeout(give, patienceMs);
    void this.#refresh().then(give);
  };

  #give(isAll: boolean, callback: Callback): void {
    const addresses = this.#inOrder();
    if (addresses.length === 0) callback(this.#error ?? new Error(`${this.#hostname} has no address`), []);
    else if (isAll) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  }

  /**
   * The family that worked last goes first, and each of its addresses once in turn. Node puts the families one after the
   * other alternately (RFC 8305 §4).
   */
  #inOrder(): LookupAddress[] {
    const turn = this.#turn++;
    return [this.#family, 10 - this.#family].flatMap((family) => {
      const some = this.#addresses.filter((address) => address.family === family);
      const first = some.length === 0 ? 0 : turn % some.length;
      return [...some.slice(first), ...some.slice(0, first)];
    });
  }

  /** A connection stands. */
  worked(socket: Socket): void {
    this.#family = socket.remoteFamily === "IPv6" ? 6 : 4;
  }

  /** No address could be connected to: there may be others by now. */
  doubt(): void {
    const now = clock.monotonic();
    if (this.#failures === 0 && now - this.#answeredAt >= this.#config.ttl.min) this.#due = now;
  }

  /** Asks again where it is time. */
  look(): void {
    if (clock.monotonic() >= this.#due) void this.#refresh();
  }

  /** One look-up for all who ask at the same time. */
  #refresh(): Promise<void> {
    return (this.#asking ??= this.#ask().then(this.#onAnswer, this.#onFailure));
  }

  readonly #onAnswer = contained(this.#looking, ([addresses, ttl]: [LookupAddress[], number]): void => {
    const { min, max } = this.#config.ttl;
    this.#failures = 0;
    this.#error = undefined;
    this.#answeredAt = clock.monotonic();
    this.#due = this.#answeredAt + Math.min(max, Math.max(min, ttl));
    this.#use(addresses);
  });

  readonly #onFailure = contained(this.#looking, (error: NodeJS.ErrnoException): void => {
    this.#error = error;
    this.#due = clock.monotonic() + Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++);
    // A name that is known not to exist has lost its addresses: they may be somebody else's by now.
    if (isAbsent(error)) this.#use([]);
    else this.#asking = undefined;
  });

  #use(addresses: readonly LookupAddress[]): void {
    this.#asking = undefined;
    this.#addresses = addresses;
    const kept = new Set(addresses.map(({ address }) => address));
    for (const retire of this.users) retire((address) => kept.has(address));
  }

  /** Addresses and the milliseconds that they hold. */
  async #ask(): Promise<[LookupAddress[], number]> {
    const { servers } = this.#config;
    const name = this.#hostname;
    if (servers === undefined) {
      const listed = inHostsFile(name);
      if (listed.length > 0) return [listed, untimedMs];
    }
    try {
      for (const candidate of servers === undefined ? searchedNames(name, readText(resolverFile)) : [name]) {
        const found = await this.#askFor(candidate);
        if (found !== undefined) return found;
      }
    } catch (error) {
      // Whoever was asked failed. The name behind it in the search may belong to somebody else.
      if (servers !== undefined) throw error;
    }
    if (servers !== undefined) throw Object.assign(new Error(`${name} has no address`), { code: dns.NOTFOUND });
    // What else the system knows; it does not tell for how long.
    return [await dns.lookup(name, { all: true, verbatim: true }), untimedMs];
  }

  /** Undefined where there is no such name, or no address of it. */
  async #askFor(name: string): Promise<[LookupAddress[], number] | undefined> {
    const answers = await Promise.allSettled([
      this.#resolver.resolve6(name, { ttl: true }),
      this.#resolver.resolve4(name, { ttl: true }),
    ]);
    const records = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (records.length > 0) {
      const ttl = Math.min(...records.map((record) => record.ttl));
      return [records.map(({ address }) => ({ address, family: isIP(address) })), ttl * 1_000];
    }
    for (const answer of answers) if (answer.status === "rejected" && !isAbsent(answer.reason as Error)) throw answer.reason;
    return undefined;
  }
}

/** The name does not exist, or has no address: no failure of whoever was asked. */
const isAbsent = ({ code }: NodeJS.ErrnoException): boolean => code === "ENOTFOUND" || code === "ENODATA";

/** The file goes before DNS (hosts(5)), and is read again each time. */
function inHostsFile(name: string): LookupAddress[] {
  const lower = name.toLowerCase();
  return readText(hostsFile)
    .split("\n")
    .flatMap((line) => {
      const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
      const family = isIP(address);
      if (family === 0 || !names.some((one) => one.toLowerCase() === lower)) return [];
      // In the spelling of connected sockets.
      return [{ address: new SocketAddress({ address, family: family === 6 ? "ipv6" : "ipv4" }).address, family }];
    });
}

/**
 * What the system would ask DNS for in turn (resolv.conf(5)): a name with few dots is looked for in the search domains
 * first, so that `orders.shop` inside of a cluster is not the one that anybody may have registered.
 */
export function searchedNames(name: string, resolvConf: string): string[] {
  if (name.endsWith(".")) return [name];
  const domains = [...resolvConf.matchAll(/^(?:search|domain)[ \t]+(.*)$/gm)].at(-1)?.[1]?.trim().split(/\s+/) ?? [];
  const dots = Number(/^options[ \t].*?\bndots:(\d+)/m.exec(resolvConf)?.[1] ?? 1);
  const qualified = domains.filter((domain) => domain !== "" && domain !== ".").map((domain) => `${name}.${domain}`);
  return name.split(".").length > dots ? [name, ...qualified] : [...qualified, name];
}

/** Where the system keeps names of its own, and says whom to ask for others. */
const hostsFile = "/etc/hosts";
const resolverFile = "/etc/resolv.conf";

/** Empty where the file is not there. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const flag = missingFlag(error, path);
    if (flag === undefined) return "";
    throw new StartError(
      `names of services are looked up as ${path} says, and Node's permission model denies reading it. Start Node with the flag \`${flag}\` as well, or name \`resolver.servers\` of the service.`,
    );
  }
}
