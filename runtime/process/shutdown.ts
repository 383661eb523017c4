import { setTimeout as wait } from "node:timers/promises";
import { say } from "../log/log.ts";

export interface ShutdownOptions {
  readonly name: string;
  /** The primary speaks for its workers. */
  readonly isQuiet: boolean;
  /** Milliseconds. */
  readonly delay: number;
  readonly drainTimeout: number;
  /** Load balancers are told, nothing else changes. */
  leave(): void;
  requests(): number | undefined;
  close(): Promise<void>;
}

/** Ends a gateway once, however often it is asked. */
export class Shutdown {
  readonly #options: ShutdownOptions;
  readonly #hurry = new AbortController();
  #done: Promise<void> | undefined = undefined;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#done !== undefined;
  }

  /** Waits for load balancers first, unless it is asked again. */
  begin(cause: string): Promise<void> {
    if (this.#done === undefined) this.#done = this.#run(cause);
    else this.#hurry.abort();
    return this.#done;
  }

  /** Without the delay: somebody else has waited. */
  now(cause: string): Promise<void> {
    this.#hurry.abort();
    return this.begin(cause);
  }

  #say(text: string): void {
    if (!this.#options.isQuiet) say("info", `${this.#options.name} ${text}`);
  }

  async #run(cause: string): Promise<void> {
    const { delay, drainTimeout, leave, requests, close } = this.#options;
    leave();
    if (delay > 0 && !this.#hurry.signal.aborted) {
      this.#say(`stops (${cause}): it is taken out of /readyz and accepts for ${delay / 1000} s more`);
      await wait(delay, undefined, { signal: this.#hurry.signal }).catch(() => {});
    }
    const open = requests();
    const what = open === undefined ? "requests in flight" : `${open} ${open === 1 ? "request" : "requests"} in flight`;
    this.#say(`stops${delay > 0 ? "" : ` (${cause})`}: ${what} may take ${drainTimeout / 1000} s`);
    await close();
    this.#say("has stopped");
  }
}
