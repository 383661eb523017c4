// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { contained, logged } from "../../life/boundary.ts";
import type { Life } from "../../life/life.ts";
import type { ClaimsIn } from "../../stores/claims.ts";
import { isFailed, type RecordStore } from "../../stores/store.ts";

export interface LeadConfig {
  readonly store: RecordStore;
  readonly claims: ClaimsIn;
}

/** Milliseconds for which an instance that is gone is waited for, and between two signs of life. */
const lease = 5_000;
const renewal = 1_000;

/** Signs of life in a row that the store did not take, until everyone warms for himself. */
const patience = 10;

/** Which of the instances that share their answers warms them. */
export class WarmLead {
  readonly #config: LeadConfig;
  readonly #space: string;
  /** Undefined: it is not known yet. */
  isOurs: boolean | undefined = undefined;

  constructor(config: LeadConfig, gateway: string) {
    this.#config = config;
    this.#space = `${gateway}:warming`;
  }

  /** Up to the end of `tenure`, when it is left to another one. */
  follow(tenure: Life): void {
    const claims = this.#config.claims.open(this.#config.store, this.#space);
    const work = { owner: crypto.randomUUID(), mark: "" };
    let misses = 0;
    tenure.every(renewal, async () => {
      const claimed = await claims.claim("warms", work, { lease, span: lease }, true);
      if (tenure.signal.aborted) return;
      if (!isFailed(claimed)) {
        misses = 0;
        this.isOurs = claimed.state === "mine";
      } else if (++misses >= patience)
        // That two warm the same costs a request each, that none does costs the clients.
        this.isOurs = true;
    });
    const leave = contained(logged("a lead of warming was not left"), (): void => {
      if (this.isOurs === true) void claims.release("warms", work);
      this.isOurs = undefined;
    });
    tenure.signal.addEventListener("abort", leave, { once: true });
  }
}
