// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { type Caller, FairPlaces } from "../fair-places.ts";
import type { BcryptThread } from "./bcrypt-thread.ts";
import type { PasswordHash, ScryptHash } from "./password-hash.ts";

/** bcrypt looks at so many bytes: of a longer password the rest would not count. */
const bcryptBytes = 72;

/**
 * Compares passwords with hashes, never on the thread that serves requests. Two at a time: both need memory and a core, and
 * the threads of scrypt are those that read files.
 */
export class Verifier {
  readonly #thread: BcryptThread | null;
  readonly #places: FairPlaces;

  /** @param waiting passwords that may wait */
  constructor(thread: BcryptThread | null, waiting: number) {
    this.#thread = thread;
    this.#places = new FairPlaces({ atOnce: 2, waiting });
  }

  get waiting(): number {
    return this.#places.waiting;
  }

  /** Resolves with undefined where too many wait already. Rejects where it cannot be computed. */
  async verify(password: string, hash: PasswordHash, caller: Caller): Promise<boolean | undefined> {
    const isRight = await this.#places.run(caller, () => this.#compare(password, hash));
    if (isRight === false) this.#places.noteWrong(caller);
    return isRight;
  }

  async #compare(password: string, hash: PasswordHash): Promise<boolean> {
    if (hash.kind === "scrypt") return isScryptOf(password, hash);
    if (this.#thread === null) throw new Error("bcrypt is not in this gateway. Add `bcrypt` to `hashes`");
    const isRight = await this.#thread.compare(password, hash.text);
    return isRight && Buffer.byteLength(password) <= bcryptBytes;
  }
}

const isScryptOf = (password: string, { hash, salt, ln, r, p }: ScryptHash): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const options = { N: 2 ** ln, r, p, maxmem: 160 * 1024 * 1024 };
    crypto.scrypt(password, salt, hash.length, options, (error, found) => {
      if (error === null) resolve(crypto.timingSafeEqual(found, hash));
      else reject(error);
    });
  });
