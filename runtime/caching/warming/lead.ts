// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { contained, logged } from "../../life/boundary.ts";
import type { Life } from "../../life/life.ts";
import type { ClaimsIn } from "../../stores/claims.ts";
import { isFailed, type RecordStore } from "../../stores/store.ts";

export interface WarmLeadConfig {
  readonly gateway: string;
  readonly store: RecordStore;
  readonly claims: ClaimsIn;
}

export const createWarmLead = (config: WarmLeadConfig): WarmLead => new WarmLead(config);

/** Milliseconds for which an instance that is gone is waited for, and between two signs of life. */
const lease = 5_000;
const renewal = 1_000;

/** Signs of life in a row that the store did not take, until everyone warms for himself. */
const patience = 10;

/** Which of the instances that share their answers warms them. */
export class WarmLead {
  declare readonly __made: true;
  readonly #config: WarmLeadConfig;
  /** Undefined: it is not known yet. */
  isOurs: boolean | undefined = undefined;

  constructor(config: WarmLeadConfig) {
    this.#config = config;
  }

  /** Up to the end of `tenure`, when it is left to another one. */
  follow(tenure: Life): void {
    const { store, gateway, claims: claimsIn } = this.#config;
    const claims = claimsIn.open(store, `${gateway}:warming`);
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
