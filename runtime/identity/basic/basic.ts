// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { SingleFlight } from "../../calls/single-flight.ts";
import type { Authentication, Exchange, Identity, Rejection, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { FollowedFiles } from "../../files/followed-files.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import type { Log } from "../../log/log.ts";
import { concealAuthorization } from "../conceal-authorization.ts";
import type { Caller } from "../fair-places.ts";
import type { BcryptThread } from "./bcrypt-thread.ts";
import { readCredentials } from "./credentials.ts";
import type { PasswordHash } from "./password-hash.ts";
import { readUsers, type User } from "./users.ts";
import { Verifier } from "./verifier.ts";

export interface BasicConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly challenge: string;
  readonly forward: boolean;
  readonly file: string;
  /** Null: the file may not have hashes with bcrypt. */
  readonly bcrypt: BcryptThread | null;
  /** Passwords that may wait to be verified. */
  readonly waiting: number;
  /** Milliseconds for which a verified password is not verified again. */
  readonly cacheMs: number;
}

export const createBasic = (config: BasicConfig): Basic => new Basic(config);

/** Verified passwords that are remembered. */
const mostVerified = 10_000;
const longestFile = 64 * 1024 * 1024;

const wrong: Rejection = { rejected: "invalid", reason: "The user name or the password is wrong." };
const busy: Rejection = { rejected: "unavailable", reason: "Too many passwords wait to be verified.", retryAfter: 2 };
const broken: Rejection = { rejected: "unavailable", reason: "Passwords cannot be verified at the moment.", retryAfter: 2 };

class Basic implements SecurityScheme<Authentication | Promise<Authentication>>, Living {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "roles";
  readonly required = true;
  readonly #config: BasicConfig;
  readonly #verifier: Verifier;
  #users: ReadonlyMap<string, User> = new Map();
  /** What an unknown user is compared with, so that it takes as long as a known one. */
  #decoy: PasswordHash | undefined = undefined;
  /** By a hash with a key that nobody knows: a memory dump has no passwords, and nothing to try them on. */
  readonly #verified = new Map<string, number>();
  readonly #flights = new SingleFlight<Authentication>();
  readonly #key = crypto.randomBytes(32);
  #log: Log | undefined = undefined;

  constructor(config: BasicConfig) {
    // As a part of the gateway; identities say the name of the scheme.
    this.name = `identity.schemes.${config.name}`;
    this.challenge = config.challenge;
    this.#config = config;
    this.#verifier = new Verifier(config.bcrypt, config.waiting);
  }

  authenticate(x: Exchange): Authentication | Promise<Authentication> {
    const credentials = readCredentials(x.headers.single("authorization"));
    if (typeof credentials === "string") return credentials;
    const { name, password } = credentials;
    const user = this.#users.get(name);
    if (user !== undefined && this.#isVerified(user, password)) return this.#identityOf(user);
    // Of a client's first requests, which often come together, one is enough to compute with.
    return this.#flights.run(this.#keyOf({ name, source: user?.source ?? "" }, password), () =>
      this.#verify({ ip: x.peer.ip, claimed: name }, user, password),
    );
  }

  conceal(upstream: UpstreamRequest): void {
    if (!this.#config.forward) concealAuthorization(upstream.headers, "basic");
  }

  async #verify(caller: Caller, user: User | undefined, password: string): Promise<Authentication> {
    const { claimed: about } = caller;
    const hash = user?.hash ?? this.#decoy;
    if (hash === undefined) return broken;
    try {
      const isRight = await this.#verifier.verify(password, hash, caller);
      if (isRight === undefined) return busy;
      if (!isRight || user === undefined) return { ...wrong, about };
      // The file may have been replaced meanwhile.
      if (this.#users.get(user.name)?.source !== user.source) return { ...wrong, about };
      this.#remember(user, password);
      return this.#identityOf(user);
    } catch (error) {
      this.#log?.write("error", "a password could not be verified", { reason: messageOf(error) });
      return broken;
    }
  }

  #identityOf({ name, roles, scopes }: User): Identity {
    return { subject: name, scheme: this.#config.name, roles, scopes };
  }

  #isVerified(user: User, password: string): boolean {
    const key = this.#keyOf(user, password);
    const until = this.#verified.get(key);
    if (until === undefined) return false;
    if (clock.monotonic() < until) return true;
    this.#verified.delete(key);
    return false;
  }

  #remember(user: User, password: string): void {
    if (this.#config.cacheMs === 0) return;
    if (this.#verified.size >= mostVerified) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(this.#keyOf(user, password), clock.monotonic() + this.#config.cacheMs);
  }

  /** With the hash of the user in it: when that is another one, it was never verified. */
  #keyOf({ name, source }: Pick<User, "name" | "source">, password: string): string {
    return crypto.createHmac("sha256", this.#key).update(`${name}\0${source}\0${password}`).digest("base64");
  }

  async start(life: Life): Promise<void> {
    this.#log = life.log;
    const files = new FollowedFiles(
      {
        paths: [this.#config.file],
        what: `the users of ${this.name}`,
        maxBytes: longestFile,
        parse: ([text]) => this.#read(text!),
        apply: (users) => {
          this.#users = users;
          this.#decoy = decoyOf(users);
        },
      },
      undefined,
    );
    await files.first();
    files.follow(life);
  }

  #read(text: string): ReadonlyMap<string, User> {
    const users = readUsers(text);
    if (this.#config.bcrypt === null && [...users.values()].some(({ hash }) => hash.kind === "bcrypt"))
      throw new Error(
        "it has hashes with bcrypt, which this gateway was built without. Add `hashes: [scrypt, bcrypt]` to the scheme",
      );
    return users;
  }

  stop(): void {
    this.#config.bcrypt?.stop();
  }

  state(): Json {
    return { users: this.#users.size, waiting: this.#verifier.waiting };
  }
}

/** A hash of the most frequent kind; what it is of, nobody knows. */
function decoyOf(users: ReadonlyMap<string, User>): PasswordHash | undefined {
  const hashes = [...users.values()].map(({ hash }) => hash);
  const some = hashes.filter(({ kind }) => kind === "bcrypt");
  const hash = (some.length * 2 > hashes.length ? some : hashes)[0];
  if (hash === undefined || hash.kind === "bcrypt") return hash;
  return { ...hash, salt: crypto.randomBytes(hash.salt.length), hash: crypto.randomBytes(hash.hash.length) };
}
