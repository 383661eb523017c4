import type { Hold } from "../../body/hold.ts";
import { keepCoded, type StoredAnswer } from "../../caching/stored-answer.ts";
import { contain, contained, logged } from "../../life/boundary.ts";
import type { Coding, LongCoding } from "./coding.ts";

/** At a time: there are four threads, in which names are looked up and files are read, too. */
const most = 2;

/** Of this process. */
const running = { count: 0 };

export interface Pack {
  readonly body: Buffer;
  /** What has these bytes. */
  readonly of: StoredAnswer;
}

/** An answer whose body no cache keeps. */
export const unkept = (answer: StoredAnswer, body: Buffer): StoredAnswer => ({
  ...answer,
  body,
  coded: undefined,
  takers: undefined,
  grown: undefined,
});

/** Puts kept bodies into codings that are too long for one call: once for all who want them, in threads of zlib. */
export class LongPacks {
  readonly #underWay = new Map<StoredAnswer, Map<string, Promise<Pack | undefined>>>();
  readonly #codings: readonly LongCoding[];
  /** For which there is no room beside what is kept. */
  readonly #unfit = new WeakSet<StoredAnswer>();

  constructor(codings: readonly LongCoding[]) {
    this.#codings = codings;
  }

  /** Undefined: it is not made, now or at all. The promise is one of nothing where it failed; it never rejects. */
  of(kept: StoredAnswer, name: Coding["name"], openHold: () => Hold): Promise<Pack | undefined> | undefined {
    const under = this.#underWay.get(kept)?.get(name);
    const coding = this.#codings.find((each) => each.name === name);
    // What is in no memory would have to be made for each who asks for it.
    if (under !== undefined || coding === undefined || kept.grown === undefined) return under;
    if (running.count >= most || this.#unfit.has(kept)) return undefined;
    const hold = openHold();
    if (!hold.take(coding.bytes + kept.body.length)) {
      hold.end();
      return undefined;
    }
    const made = this.#make(kept, coding, hold);
    const codings = this.#underWay.get(kept) ?? new Map<string, Promise<Pack | undefined>>();
    codings.set(name, made);
    this.#underWay.set(kept, codings);
    const onMade = contained(logged("a kept answer that was compressed could not be let go"), (): void => {
      codings.delete(name);
      if (codings.size === 0) this.#underWay.delete(kept);
    });
    void made.then(onMade);
    return made;
  }

  async #make(kept: StoredAnswer, coding: LongCoding, hold: Hold): Promise<Pack | undefined> {
    running.count++;
    try {
      const coded = await coding.make(kept.body);
      const bytes = Buffer.from(coded.buffer, coded.byteOffset, coded.byteLength);
      if (keepCoded(kept, coding.name, bytes)) return { body: kept.coded!.get(coding.name)!, of: kept };
      this.#unfit.add(kept);
      return { body: bytes, of: unkept(kept, bytes) };
    } catch (error) {
      contain(logged("a kept answer was not compressed"), error);
      return undefined;
    } finally {
      running.count--;
      hold.end();
    }
  }
}
