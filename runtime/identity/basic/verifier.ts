// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
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
  readonly #most: number;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  /** @param most passwords that may wait */
  constructor(thread: BcryptThread | null, most: number) {
    this.#thread = thread;
    this.#most = most;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Undefined: too many wait already. Rejects where it cannot be computed. */
  verify(password: string, hash: PasswordHash): Promise<boolean> | undefined {
    if (this.#running < 2) {
      this.#running++;
      return this.#run(password, hash);
    }
    if (this.#queue.length >= this.#most) return undefined;
    return this.#later(password, hash);
  }

  async #later(password: string, hash: PasswordHash): Promise<boolean> {
    await new Promise<void>((resolve) => this.#queue.push(resolve));
    return this.#run(password, hash);
  }

  async #run(password: string, hash: PasswordHash): Promise<boolean> {
    try {
      if (hash.kind === "scrypt") return await isScryptOf(password, hash);
      if (this.#thread === null) throw new Error("bcrypt is not in this gateway. Add `bcrypt` to `hashes`");
      const isRight = await this.#thread.compare(password, hash.text);
      return isRight && Buffer.byteLength(password) <= bcryptBytes;
    } finally {
      // Whoever waits longest takes the place over.
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
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
