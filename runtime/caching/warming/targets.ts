import type { WarmTurn } from "../../upstream/cached/warm-requests.ts";
import type { Asked } from "./ranking.ts";
import { WarmTarget } from "./target.ts";

/** What is warmed: what is listed, and what clients ask for most. */
export class WarmTargets {
  #listed: readonly WarmTarget[] = [];
  #listedUrls: ReadonlySet<string> = new Set();
  #asked: ReadonlyMap<string, WarmTarget> = new Map();
  readonly #byBase = new Map<string, Set<WarmTarget>>();
  /** What changed, and when it may be fetched: monotonic milliseconds. */
  readonly #due = new Map<WarmTarget, number>();

  get listed(): number {
    return this.#listed.length;
  }

  get asked(): number {
    return this.#asked.size;
  }

  /** Those whose changes are heard of. */
  get followed(): number {
    let count = 0;
    for (const targets of this.#byBase.values()) count += targets.size;
    return count;
  }

  /** By what they are dropped, as far as that is known. */
  bases(): Iterable<string> {
    return this.#byBase.keys();
  }

  all(): readonly WarmTarget[] {
    return [...this.#listed, ...this.#asked.values()];
  }

  /** What was listed before and still is goes on as it was. */
  list(urls: readonly string[]): void {
    const before = new Map(this.#listed.map((target) => [target.url, target]));
    this.#listed = urls.map((url) => before.get(url) ?? new WarmTarget(url));
    this.#listedUrls = new Set(urls);
    this.#forgetOthers();
  }

  /** The same for what is asked for most. */
  ask(most: readonly Asked[]): void {
    const next = new Map<string, WarmTarget>();
    for (const [key] of most) {
      const url = urlOf(key);
      if (url !== undefined && !this.#listedUrls.has(url)) next.set(key, this.#asked.get(key) ?? new WarmTarget(url, key));
    }
    this.#asked = next;
    this.#forgetOthers();
  }

  #forgetOthers(): void {
    const all = new Set(this.all());
    for (const target of this.#due.keys()) if (!all.has(target)) this.#due.delete(target);
    for (const [base, targets] of this.#byBase) {
      for (const target of targets) if (!all.has(target)) targets.delete(target);
      if (targets.size === 0) this.#byBase.delete(base);
    }
  }

  /** Of what is asked for most: whose cache was not asked yet. */
  unplaced(): readonly WarmTarget[] {
    return [...this.#asked.values()].filter(({ base }) => base === undefined);
  }

  /** What the cache of a target drops it by. */
  place(target: WarmTarget, base: string, turn: WarmTurn): void {
    target.turn = turn;
    if (target.base === base) return;
    this.#byBase.get(target.base ?? "")?.delete(target);
    target.base = base;
    const others = this.#byBase.get(base);
    if (others === undefined) this.#byBase.set(base, new Set([target]));
    else others.add(target);
  }

  /** What is kept of it was dropped. However often that is told, it is fetched once, and not before its pause is over. */
  changed(base: string, now: number): void {
    for (const target of this.#byBase.get(base) ?? []) this.defer(target, target.dueAt(now));
  }

  defer(target: WarmTarget, at: number): void {
    if (!this.#due.has(target)) this.#due.set(target, at);
  }

  /** Those whose time has come; they are not due any more. */
  takeDue(turn: WarmTurn, now: number): readonly WarmTarget[] {
    const due: WarmTarget[] = [];
    for (const [target, at] of this.#due)
      if (at <= now && target.turn === turn) {
        this.#due.delete(target);
        due.push(target);
      }
    return due;
  }
}

/** What a key of a cache was made of: `shop.v1.getProduct https://shop.example.com/products/7`, and more behind a line break. */
export const urlOf = (key: string): string | undefined => / (https?:\/\/[^ \n]+)(?:\n|$)/.exec(key)?.[1];
