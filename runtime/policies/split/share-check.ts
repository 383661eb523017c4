import { mixed } from "./unit-hash.ts";

/** Chance with which shares that are as they should be are called wrong, at any time in the life of the process. */
export const falseAlarms = 0.001;

/** Users that are told apart. */
const marks = 65_536;

/**
 * Whether the arms get the users that their shares promise (sample-ratio check). A chi-square test that is looked at again and again
 * finds something at last; this one may be looked at after each user: the Bayes factor of a Dirichlet prior around the
 * shares against the shares themselves is a martingale where these are true, and so at most once in `falseAlarms` ever
 * reaches 1 / `falseAlarms` (Ville's inequality; Lindon and Malek, Anytime-Valid Inference for Multinomial Count Data,
 * NeurIPS 2022). Requests of one user are not independent: each counts once, by a bit that others may share, which
 * leaves users out, but of all arms alike.
 */
export class ShareCheck {
  #shares: readonly number[] = [];
  #prior = 0;
  #users: number[] = [];
  #total = 0;
  #evidence = 0;
  readonly #seen = new Uint8Array(marks / 8);
  #isAlarmed = false;

  /** Shares of all arms, that of the base last. What was found out about other shares is kept. */
  expect(shares: readonly number[]): void {
    this.#shares = shares;
    this.#users = shares.map(() => 0);
    this.#total = 0;
    this.#seen.fill(0);
    // Each arm begins with at least one imagined user.
    this.#prior = Math.max(100, ...shares.map((share) => (share === 0 ? 0 : 1 / share)));
  }

  get users(): readonly number[] {
    return this.#users;
  }

  get isAlarmed(): boolean {
    return this.#isAlarmed;
  }

  /** @param place of the user; undefined: the request is a user of its own. True: the alarm is raised, which it is once. */
  add(arm: number, place: number | undefined): boolean {
    const share = this.#shares[arm]!;
    if (share === 0 || (place !== undefined && !this.#isNew(place))) return false;
    const before = this.#users[arm]!;
    this.#evidence += Math.log((this.#prior * share + before) / (this.#prior + this.#total) / share);
    this.#users[arm] = before + 1;
    this.#total++;
    if (this.#isAlarmed || this.#evidence < -Math.log(falseAlarms)) return false;
    this.#isAlarmed = true;
    return true;
  }

  /** Not by the bits that say which arm it is: those of an arm would share their marks with each other alone. */
  #isNew(place: number): boolean {
    const mark = mixed(place ^ 0x5bd1e995) & (marks - 1);
    const bit = 1 << (mark & 7);
    const byte = this.#seen[mark >>> 3]!;
    if ((byte & bit) !== 0) return false;
    this.#seen[mark >>> 3] = byte | bit;
    return true;
  }
}
