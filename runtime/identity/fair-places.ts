import { keptText } from "../exchange/kept-text.ts";
import { clock } from "../life/clock.ts";
import { networkOf } from "./damping/network.ts";
import { Turns } from "./turns.ts";

export interface FairPlacesConfig {
  /** How much is done at a time, and how much may wait for it. */
  readonly atOnce: number;
  readonly waiting: number;
}

/** Whom a credential is from: `claimed` is whose it says it is, where that can be read. */
export interface Caller {
  readonly ip: string;
  readonly claimed: string;
}

/** Wrong credentials of one address in a minute from which on it waits apart; people mistype. */
const mostWrong = 5;
const forMs = 60_000;
/** Addresses that are remembered for it. */
const mostAddresses = 10_000;
/** Characters that names are told apart by. */
const longestClaim = 128;

interface Wrong {
  count: number;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/**
 * Places for the verification of credentials that costs something. Nobody knows of one beforehand whether it is right, so places
 * are shared by where credentials come from: addresses that have sent wrong ones get half of the turns together, every other
 * address has its turn after its neighbours, and within an address each user that is claimed. Where no more may wait, who has
 * most waiting gives way. So a flood of wrong credentials waits for itself.
 */
export class FairPlaces {
  readonly #config: FairPlacesConfig;
  readonly #turns = new Turns<(isHis: boolean) => void>();
  readonly #wrong = new Map<string, Wrong>();
  #taken = 0;

  constructor(config: FairPlacesConfig) {
    this.#config = config;
  }

  get waiting(): number {
    return this.#turns.size;
  }

  /** Undefined: there was no place for it. */
  async run<Value>(caller: Caller, work: () => Promise<Value>): Promise<Value | undefined> {
    if (this.#taken < this.#config.atOnce) this.#taken++;
    else if (!(await this.#turn(caller))) return undefined;
    try {
      return await work();
    } finally {
      // Whoever is next takes the place over.
      const next = this.#turns.next();
      if (next === undefined) this.#taken--;
      else next(true);
    }
  }

  /** A credential from there was wrong. */
  noteWrong({ ip }: Caller): void {
    const network = networkOf(ip);
    const now = clock.monotonic();
    const known = this.#wrong.get(network);
    if (known !== undefined && now < known.until) {
      known.count++;
      return;
    }
    this.#wrong.delete(network);
    // The oldest gives way.
    if (this.#wrong.size >= mostAddresses) this.#wrong.delete(this.#wrong.keys().next().value!);
    this.#wrong.set(keptText(network), { count: 1, until: now + forMs });
  }

  #turn({ ip, claimed }: Caller): Promise<boolean> | boolean {
    const network = networkOf(ip);
    const who = [this.#isSuspect(network) ? "suspect" : "", network, claimed.slice(0, longestClaim)];
    if (this.#turns.size >= this.#config.waiting) {
      const other = this.#turns.giveWay(who);
      if (other === undefined) return false;
      other(false);
    }
    return new Promise((resolve) => this.#turns.add(who, resolve));
  }

  #isSuspect(network: string): boolean {
    const known = this.#wrong.get(network);
    return known !== undefined && known.count >= mostWrong && clock.monotonic() < known.until;
  }
}
