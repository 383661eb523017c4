import { CallFailure } from "../../../calls/failure.ts";
import { fieldIn } from "../field-in.ts";
import { integerIn, saysCompacted } from "./answers.ts";
import type { EtcdCalls } from "./etcd-calls.ts";
import { base64, behindKey, behindPrefix } from "./key-range.ts";
import { KeySet } from "./key-set.ts";

/** Keys of one answer. */
const perPage = 1_000;

/** How often it is begun anew where etcd was compacted between two pages. */
const mostBegins = 3;

/** All keys below the prefix, of one revision. Rejects with a `CallFailure`. */
export async function rangeOf(calls: EtcdCalls, prefix: Buffer, signal: AbortSignal): Promise<KeySet> {
  for (let begins = 1; ; begins++) {
    try {
      return await pagesOf(calls, prefix, signal);
    } catch (error) {
      if (begins === mostBegins || !(error instanceof CallFailure) || !saysCompacted(error.message)) throw error;
    }
  }
}

async function pagesOf(calls: EtcdCalls, prefix: Buffer, signal: AbortSignal): Promise<KeySet> {
  const rangeEnd = base64(behindPrefix(prefix));
  let keys: KeySet | undefined;
  for (let from = prefix; ; ) {
    const at = keys === undefined ? {} : { revision: String(keys.revision) };
    const request = { key: base64(from), range_end: rangeEnd, limit: String(perPage), ...at };
    const answer = await calls.call("/v3/kv/range", request, signal);
    keys ??= new KeySet(revisionIn(answer));
    const pairs = fieldIn(answer, "kvs") ?? [];
    if (!Array.isArray(pairs)) throw new CallFailure("protocol", "what etcd answers is no range of keys");
    for (const pair of pairs) keys.put(pair);
    if (fieldIn(answer, "more") !== true) return keys;
    const last = Buffer.from(String(fieldIn(pairs.at(-1), "key") ?? ""), "base64");
    // What does not get ahead never ends.
    if (last.compare(from) < 0 || last.length === 0)
      throw new CallFailure("protocol", "etcd says that there are more keys, and lists none behind those before");
    from = behindKey(last);
  }
}

/** What etcd has below the prefix at this moment, without the keys. */
export interface Pulse {
  readonly revision: bigint;
  readonly count: bigint;
  /** The newest one at which a key that is there was written. */
  readonly modified: bigint;
}

export async function pulseOf(calls: EtcdCalls, prefix: Buffer, signal: AbortSignal): Promise<Pulse> {
  const newest = { limit: "1", keys_only: true, sort_target: "MOD", sort_order: "DESCEND" };
  const request = { key: base64(prefix), range_end: base64(behindPrefix(prefix)), ...newest };
  const answer = await calls.call("/v3/kv/range", request, signal);
  const [pair] = Array.isArray(fieldIn(answer, "kvs")) ? (fieldIn(answer, "kvs") as unknown[]) : [];
  return { revision: revisionIn(answer), count: integerIn(answer, "count"), modified: integerIn(pair, "mod_revision") };
}

/** Every store is at 1 at least. */
function revisionIn(answer: unknown): bigint {
  const revision = integerIn(fieldIn(answer, "header"), "revision");
  if (revision < 1n) throw new CallFailure("protocol", "what answers is not etcd: its answer has no revision");
  return revision;
}
