import { keptText } from "../../exchange/kept-text.ts";
import type { AnswerMarks } from "./marks.ts";
import { keyOf, named, type Purge, type PurgeKind } from "./purge.ts";

/** What is known of the purges that name an answer and are later than it. */
export type PurgeState =
  | "valid"
  /** It is to be used no more. */
  | "gone"
  /** It is stale since then: monotonic milliseconds. */
  | number;

/** A purge, and when it was asked for: monotonic milliseconds. */
interface Point {
  readonly number: number;
  readonly at: number;
}

/** The last purge of a name. */
interface Entry extends Point {
  /** The last ones, in their order and with this one at the end; of some that are close together the number of the last and the time of the first. */
  readonly points: readonly Point[];
  /** There were more before them. */
  readonly isCut: boolean;
}

/** Most points of a name, and milliseconds in which purges are one point: enough for longer than most fetches take. */
const mostPoints = 16;
const close = 100;

/** Groups into which purges are put that there is no room for otherwise. */
export const groups = 16_384;

/**
 * The purges in force, and which answers they are about: those whose fetch began before. Purges have numbers that grow, and an answer
 * knows the number of the last one that was known when its fetch began: a purge is about it where it names it and has a larger
 * number. So no fetch can outrun a purge, whenever its answer comes.
 *
 * Of a bounded size: of more than `most` purges, the oldest are only known by the group that their names fall into, and what
 * falls into the same group is purged as well: more than was asked for, never less. It is 1 of 16,384 for each of them.
 *
 * An answer is judged in time that follows the number of its tags and of the segments of its path, whatever the number of purges.
 */
export class PurgeLedger {
  readonly #most: number;
  /** In the order in which they became known. */
  readonly #exact = new Map<string, Entry>();
  readonly #hardGroups = new Map<number, Entry>();
  readonly #softGroups = new Map<number, Entry>();
  /** Of purges that are in force, whichever they name. */
  #softs = 0;
  /** Most segments that a prefix has. */
  #deepest = 0;
  /** It grows with each purge, and each time that what is known of all of them changes. */
  latest = 0;

  /** `most`: purges that are known by their names. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#exact.size + this.#hardGroups.size + this.#softGroups.size;
  }

  /** `number`: not smaller than that of any before. `at`: monotonic milliseconds at which it was asked for. */
  add(purge: Purge, number: number, at: number): void {
    this.latest++;
    this.#keep(keyOf(purge), number, at);
    if (purge.kind === "prefix") this.#deepest = Math.max(this.#deepest, slashesOf(purge.name));
    if (purge.kind !== "uri") return;
    // What is kept by its path alone is known by no more of its URI.
    const question = purge.name.indexOf("?");
    if (question >= 0) this.#keep(wholePath(keyOf({ ...purge, name: purge.name.slice(0, question) })), number, at);
  }

  /** All that falls into a group: what a store had no room for otherwise. */
  addGroup(group: number, isSoft: boolean, number: number, at: number): void {
    this.latest++;
    this.#intoGroup(group, isSoft, { number, at, points: [{ number, at }], isCut: true });
  }

  #keep(sentKey: string, number: number, at: number): void {
    const key = keptText(sentKey);
    const before = this.#exact.get(key);
    // Behind all others: it is the last one again.
    if (before !== undefined) this.#exact.delete(key);
    else if (isSoft(key)) this.#softs++;
    this.#exact.set(
      key,
      before === undefined ? { number, at, points: [{ number, at }], isCut: false } : again(before, number, at),
    );
    if (this.#exact.size <= this.#most) return;
    const [oldest, old] = this.#exact.entries().next().value!;
    this.#exact.delete(oldest);
    if (isSoft(oldest)) this.#softs--;
    this.#intoGroup(groupOf(oldest.slice(5)), isSoft(oldest), old);
  }

  #intoGroup(group: number, isSoftly: boolean, entry: Entry): void {
    const among = isSoftly ? this.#softGroups : this.#hardGroups;
    const before = among.get(group);
    const { number, at } = before === undefined || before.number < entry.number ? entry : before;
    among.set(group, { number, at, points: [{ number, at }], isCut: true });
  }

  /** What has become of an answer whose fetch began when the purge of this number was the last one known. */
  stateOf(marks: AnswerMarks, number: number): PurgeState {
    let since = Number.POSITIVE_INFINITY;
    for (const name of this.#namesOf(marks)) {
      const hard = this.#find(`hard ${name}`, name, this.#hardGroups);
      if (hard !== undefined && hard.number > number) return "gone";
      if (this.#softs === 0 && this.#softGroups.size === 0) continue;
      const soft = this.#find(`soft ${name}`, name, this.#softGroups);
      if (soft !== undefined && soft.number > number) since = Math.min(since, soft.at);
    }
    return since === Number.POSITIVE_INFINITY ? "valid" : since;
  }

  /** By a time (monotonic milliseconds), a purge was asked for that is about it, in whichever way; also where it is not known which of several. */
  isPurgedBy(marks: AnswerMarks, number: number, time: number): boolean {
    for (const name of this.#namesOf(marks)) {
      for (const [way, among] of [
        ["hard", this.#hardGroups],
        ["soft", this.#softGroups],
      ] as const) {
        const found = this.#find(`${way} ${name}`, name, among);
        if (found !== undefined && isLaterThan(number, found, time)) return true;
      }
    }
    return false;
  }

  /** The later one of what is known by name and of its group. */
  #find(key: string, name: string, among: ReadonlyMap<number, Entry>): Entry | undefined {
    const exact = this.#exact.get(key);
    const grouped = among.size === 0 ? undefined : among.get(groupOf(name));
    return exact === undefined || (grouped !== undefined && grouped.number > exact.number) ? grouped : exact;
  }

  /** By what purges may name it. */
  *#namesOf({ tags, subject, uri, isWithoutQuery }: AnswerMarks): IterableIterator<string> {
    yield "all";
    const path = uri.slice(uri.indexOf("/", 2));
    yield named("uri", uri);
    yield named("uri", path);
    if (isWithoutQuery) {
      yield wholePath(named("uri", uri));
      yield wholePath(named("uri", path));
    }
    for (const tag of tags) yield named("tag", tag);
    if (subject !== undefined) yield named("subject", subject);
    if (this.#deepest > 0) yield* this.#prefixesOf(uri, path);
  }

  *#prefixesOf(uri: string, path: string): IterableIterator<string> {
    const question = path.indexOf("?");
    const end = question < 0 ? path.length : question;
    const host = uri.length - path.length;
    for (let at = 0, count = 0; at >= 0 && at < end && count <= this.#deepest; count++) {
      yield prefixName(path.slice(0, at));
      yield prefixName(uri.slice(0, host + at));
      at = path.indexOf("/", at + 1);
    }
    yield prefixName(path.slice(0, end));
    yield prefixName(uri.slice(0, host + end));
  }
}

function again({ points, isCut }: Entry, number: number, at: number): Entry {
  const last = points.at(-1)!;
  const isOne = at - last.at < close;
  const all = isOne ? [...points.slice(0, -1), { number, at: last.at }] : [...points, { number, at }];
  return { number, at, points: all.slice(-mostPoints), isCut: isCut || all.length > mostPoints };
}

/** The first purge that is later than the number came by the time. */
function isLaterThan(number: number, { number: last, points, isCut }: Entry, time: number): boolean {
  if (last <= number) return false;
  const at = points.findIndex((point) => point.number > number);
  return (at === 0 && isCut) || points[at]!.at <= time;
}

const prefixName = (prefix: string): string => named("prefix" satisfies PurgeKind, prefix);

const isSoft = (key: string): boolean => key.startsWith("soft");

/** Behind a URI that stands for each query. */
const everyQuery = "?*";

const wholePath = (key: string): string => key + everyQuery;

const slashesOf = (text: string): number => text.split("/").length;

/** FNV-1a (Fowler, Noll, Vo) over the UTF-16 units of a name; of a URI, without its query. */
export function groupOf(name: string): number {
  const question = name.startsWith("uri ") ? name.indexOf("?") : -1;
  const end = question < 0 ? name.length : question;
  let hash = 0x811c9dc5;
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % groups;
}
