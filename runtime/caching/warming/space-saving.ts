import { keptText } from "../../exchange/kept-text.ts";

class Counter {
  key: string;
  /** By how much the count may be too high: what the key had whose counter this was before. */
  error: number;
  bucket: Bucket;
  ahead: Counter | undefined = undefined;
  behind: Counter | undefined = undefined;

  constructor(key: string, bucket: Bucket) {
    this.key = key;
    this.error = 0;
    this.bucket = bucket;
  }
}

/** Counters with the same count. */
class Bucket {
  count: number;
  first: Counter | undefined = undefined;
  lower: Bucket | undefined = undefined;
  higher: Bucket | undefined = undefined;

  constructor(count: number) {
    this.count = count;
  }

  add(counter: Counter): void {
    counter.bucket = this;
    counter.ahead = undefined;
    counter.behind = this.first;
    if (this.first !== undefined) this.first.ahead = counter;
    this.first = counter;
  }

  remove({ ahead, behind }: Counter): void {
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind !== undefined) behind.ahead = ahead;
  }
}

/**
 * The keys that come most often, by a bounded number of counters (Metwally, Agrawal, El Abbadi: Efficient computation of frequent
 * and top-k elements in data streams, ICDT 2005: Space-Saving, with its Stream-Summary). A key without a counter takes that of the
 * smallest count, so that of n keys each one that came more than n / `most` times has one. Counting one takes constant time.
 */
export class SpaceSaving {
  readonly #most: number;
  #counters = new Map<string, Counter>();
  #lowest: Bucket | undefined = undefined;

  /** `most`: counters that there are. */
  constructor(most: number) {
    this.#most = most;
  }

  add(key: string): void {
    const known = this.#counters.get(key);
    if (known !== undefined) return this.#raise(known);
    const own = keptText(key);
    if (this.#counters.size < this.#most) {
      this.#counters.set(own, this.#begin(own));
      return;
    }
    // There is one, as all counters are taken.
    const taken = this.#lowest!.first!;
    this.#counters.delete(taken.key);
    taken.key = own;
    taken.error = this.#lowest!.count;
    this.#counters.set(own, taken);
    this.#raise(taken);
  }

  #begin(key: string): Counter {
    let bucket = this.#lowest;
    if (bucket?.count !== 1) {
      bucket = new Bucket(1);
      bucket.higher = this.#lowest;
      if (this.#lowest !== undefined) this.#lowest.lower = bucket;
      this.#lowest = bucket;
    }
    const counter = new Counter(key, bucket);
    bucket.add(counter);
    return counter;
  }

  #raise(counter: Counter): void {
    const { bucket } = counter;
    const { higher } = bucket;
    const isAlone = bucket.first === counter && counter.behind === undefined;
    if (higher?.count !== bucket.count + 1) {
      if (isAlone) {
        bucket.count++;
        return;
      }
      bucket.remove(counter);
      this.#insertAbove(bucket).add(counter);
      return;
    }
    bucket.remove(counter);
    higher.add(counter);
    if (isAlone) this.#drop(bucket);
  }

  #insertAbove(bucket: Bucket): Bucket {
    const made = new Bucket(bucket.count + 1);
    made.lower = bucket;
    made.higher = bucket.higher;
    if (bucket.higher !== undefined) bucket.higher.lower = made;
    bucket.higher = made;
    return made;
  }

  #drop({ lower, higher }: Bucket): void {
    if (lower === undefined) this.#lowest = higher;
    else lower.higher = higher;
    if (higher !== undefined) higher.lower = lower;
  }

  /** How often keys came at least, the most frequent first and at most so many; then it begins anew. */
  take(most: number): readonly (readonly [key: string, count: number])[] {
    const counts: (readonly [string, number])[] = [];
    for (const { key, error, bucket } of this.#counters.values())
      if (bucket.count > error) counts.push([key, bucket.count - error]);
    this.#counters = new Map();
    this.#lowest = undefined;
    return counts.sort(([, one], [, other]) => other - one).slice(0, most);
  }
}
