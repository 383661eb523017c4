import type { Rejection } from "../../exchange/exchange.ts";
import type { EventTopic } from "../../life/channel.ts";
import type { Clock } from "../../life/clock.ts";
import { isFailed, type ValueStore, type Values } from "../../stores/store.ts";
import { dpopChallenge } from "../jose/judge-binding.ts";
import { createSharedProofs, type SharedProofs } from "../jose/shared-proofs.ts";
import { sha256 } from "../jose/thumbprint.ts";
import { Dpop, type DpopConfig, type DpopJudge } from "./dpop.ts";

export interface StoredDpopConfig extends DpopConfig {
  readonly store: ValueStore;
  /** Of the gateway and the scheme. */
  readonly space: string;
}

/** A judge whose proofs a store remembers for all instances. */
export interface StoredDpopJudge extends DpopJudge {
  /** The proof that the last `judge` accepted as new to this process, once; undefined: it accepted none. */
  takeProof(): string | undefined;
  /** Undefined where the store has not seen the proof before. */
  spend(proof: string): Promise<Rejection | undefined>;
}

/** Throws a `StartError` where the secret of the nonces is too short. */
export const createStoredDpop = (config: StoredDpopConfig): StoredDpopJudge => new StoredDpop(config);

/**
 * Milliseconds for which the store remembers a proof: the two minutes in which one could be valid, and one more, as the
 * clocks of instances differ.
 */
const lifeSpan = 180_000;

/** Seconds until a request whose proof the store was not told of should be tried again, with another proof. */
const retryAfter = 5;

class StoredDpop extends Dpop implements StoredDpopJudge {
  readonly #proofs: NotedProofs;
  readonly #values: Values;
  readonly #challenge: string;

  constructor(config: StoredDpopConfig) {
    const proofs = new NotedProofs();
    super(config, proofs);
    this.#proofs = proofs;
    this.#values = config.store.values(config.space);
    this.#challenge = dpopChallenge(config, "invalid_dpop_proof");
  }

  takeProof(): string | undefined {
    return this.#proofs.take();
  }

  async spend(proof: string): Promise<Rejection | undefined> {
    const isFirst = await this.#values.add(proof, "1", lifeSpan);
    if (isFailed(isFirst))
      return {
        rejected: "unavailable",
        reason: "Whether the DPoP proof was used before cannot be told at the moment.",
        retryAfter,
      };
    return isFirst ? undefined : { rejected: "invalid", reason: "The DPoP proof was used before.", challenge: this.#challenge };
  }
}

/** Those of the group refuse a copy at once; what is new to them goes on to the store. */
class NotedProofs implements SharedProofs {
  readonly #shared = createSharedProofs();
  #latest: string | undefined = undefined;

  admit(name: string, nowSeconds: number): "new" | "seen" | "full" {
    const admission = this.#shared.admit(name, nowSeconds);
    if (admission === "new") this.#latest = sha256(name);
    return admission;
  }

  take(): string | undefined {
    const latest = this.#latest;
    this.#latest = undefined;
    return latest;
  }

  join(topic: EventTopic<string>, clock: Clock): void {
    this.#shared.join(topic, clock);
  }
}
