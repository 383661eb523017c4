import { clock } from "../../life/clock.ts";
import type { HeldKey } from "./held-key.ts";

/** Milliseconds for which an answer of the store is good: so long a revoked key may still pass. */
const goodFor = 1_000;
/** Most keys that are remembered, and most digests that nobody has. */
const mostKnown = 50_000;
const mostUnknown = 10_000;

interface Known {
  readonly held: HeldKey;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/**
 * What the store said last, by digest. What nobody has is kept apart, so that wrong keys never push out right ones; the oldest
 * gives way.
 */
export class RecentKeys {
  readonly #known = new Map<string, Known>();
  readonly #unknown = new Map<string, number>();

  /** Null: nobody has it. Undefined: the store is to be asked. */
  get(digest: string): HeldKey | null | undefined {
    const known = this.#known.get(digest);
    if (known !== undefined) return known.until > clock.monotonic() ? known.held : undefined;
    const until = this.#unknown.get(digest);
    return until !== undefined && until > clock.monotonic() ? null : undefined;
  }

  /** @param askedAt monotonic milliseconds: what has changed since is not in the answer */
  keep(digest: string, held: HeldKey | null, askedAt: number): void {
    this.#known.delete(digest);
    this.#unknown.delete(digest);
    if (held === null) put(this.#unknown, digest, askedAt + goodFor, mostUnknown);
    else put(this.#known, digest, { held, until: askedAt + goodFor }, mostKnown);
  }
}

function put<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) return void map.delete(oldest);
}
