import type { EventTopic } from "../../life/channel.ts";
import type { Clock } from "../../life/clock.ts";
import { createSeenProofs, type SeenProofs } from "./seen-proofs.ts";
import { sha256 } from "./thumbprint.ts";

/**
 * Proofs that any process of a group has seen. A proof counts once in each process, and in the others from the moment they
 * have heard of it: milliseconds. To ask them first would make every request wait for another process.
 */
export interface SharedProofs extends SeenProofs {
  /** Tells the other processes from now on, and listens to them. */
  join(topic: EventTopic<string>, clock: Clock): void;
}

export const createSharedProofs = (): SharedProofs => new GroupProofs();

class GroupProofs implements SharedProofs {
  readonly #own = createSeenProofs();
  #topic: EventTopic<string> | undefined = undefined;

  admit(name: string, nowSeconds: number): "new" | "seen" | "full" {
    const digest = sha256(name);
    const admission = this.#own.admit(digest, nowSeconds);
    if (admission === "new") this.#topic?.publish(digest);
    return admission;
  }

  join(topic: EventTopic<string>, clock: Clock): void {
    this.#topic = topic;
    topic.subscribe(
      (digest) => void this.#own.admit(digest, clock.wall() / 1_000),
      // Of proofs that were missed nobody can tell; each still counts once in every process, for two minutes at most.
      () => undefined,
    );
  }
}
