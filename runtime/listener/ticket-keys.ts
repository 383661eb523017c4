import { randomBytes } from "node:crypto";
import type { SecureContext } from "node:tls";
import { contained, logged } from "../life/boundary.ts";

/**
 * Keys of session tickets (RFC 5077 §4). They are made anew from time to time, because whoever gets hold of one can read
 * what was said under the tickets that it made. Tickets of the key before the newest are still taken, and replaced.
 */
export class TicketKeys {
  readonly #rotateMs: number;
  #keys: readonly TicketKey[] = [newKey()];
  /** For contexts that know one key only, when there is another one. */
  readonly #onRenewed: (() => void)[] = [];

  /** `rotateMs`: milliseconds that a key makes tickets. */
  constructor(rotateMs: number) {
    this.#rotateMs = rotateMs;
  }

  /** As text, for other processes; the newest first. */
  get texts(): readonly string[] {
    return this.#keys.map(({ all }) => all.toString("base64"));
  }

  /** The documented option of contexts for a single key. */
  get newest(): Buffer {
    return this.#keys[0]!.all;
  }

  /** Makes a key, and calls `onRenewed`, as often as is configured. */
  rotate(onRenewed: (texts: readonly string[]) => void = () => {}): void {
    // Longer than this, Node's timers do not wait.
    const every = Math.min(this.#rotateMs, 2 ** 31 - 1);
    const renew = contained(logged("session tickets got no new key"), (): void => {
      this.#set([newKey(), this.#keys[0]!]);
      onRenewed(this.texts);
    });
    setInterval(renew, every).unref();
  }

  /** Uses the keys of another process from now on. */
  take(texts: readonly string[]): void {
    this.#set(texts.map((text) => keyOf(Buffer.from(text, "base64"))));
  }

  #set(keys: readonly TicketKey[]): void {
    this.#keys = keys;
    for (const call of this.#onRenewed) call();
  }

  /**
   * Lets a context ask here for each ticket, where this Node can do that, which is not documented. Where it cannot, calls
   * `renewed` whenever contexts have to be made again with the newest key, and older tickets begin new sessions.
   *
   * @param derive makes another key of each, for tickets that count nowhere else
   */
  serve({ context }: SecureContext, renewed: () => void, derive: (key: Buffer) => Buffer = same): void {
    const native = context as WithTicketKeyCallback;
    if (typeof native?.enableTicketKeyCallback !== "function") {
      if (this.#onRenewed.length === 0) this.#onRenewed.push(renewed);
      return;
    }
    native.onticketkeycallback = (name, iv, isNew) => answer(this.#derived(derive), name, iv, isNew);
    native.enableTicketKeyCallback();
  }

  #derived(derive: (key: Buffer) => Buffer): readonly TicketKey[] {
    return derive === same ? this.#keys : this.#keys.map(({ all }) => keyOf(derive(all)));
  }
}

const same = (key: Buffer): Buffer => key;

/** All five parts are looked at, whatever the first says. */
function answer(keys: readonly TicketKey[], name: Buffer, iv: Buffer, isNew: boolean): TicketAnswer {
  const [newest] = keys;
  const key = isNew ? newest! : keys.find((one) => one.name.equals(name));
  const { hmac, aes, name: ownName } = key ?? newest!;
  const verdict = key === undefined ? ticket.unknown : key === newest ? ticket.known : ticket.toBeReplaced;
  return [verdict, hmac, aes, ownName, iv];
}

/** What OpenSSL wants to hear of a ticket (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)). */
const ticket = { unknown: 0, known: 1, toBeReplaced: 2 } as const;

type TicketAnswer = readonly [verdict: number, hmac: Buffer, aes: Buffer, name: Buffer, iv: Buffer];

/** What the types of Node leave out. */
type WithTicketKeyCallback =
  | {
      onticketkeycallback?: (name: Buffer, iv: Buffer, isNew: boolean) => TicketAnswer;
      enableTicketKeyCallback?(): void;
    }
  | undefined;

interface TicketKey {
  readonly all: Buffer;
  readonly name: Buffer;
  readonly hmac: Buffer;
  readonly aes: Buffer;
}

const newKey = (): TicketKey => keyOf(randomBytes(48));

/** Parted as in the `ticketKeys` of node:tls. */
const keyOf = (all: Buffer): TicketKey => ({
  all,
  name: all.subarray(0, 16),
  hmac: all.subarray(16, 32),
  aes: all.subarray(32, 48),
});
