import type { Hold } from "../../body/hold.ts";
import type { AnswerPacker, Packed, ServedAnswer } from "../../caching/answer-cache.ts";
import { keepCoded, type StoredAnswer } from "../../caching/stored-answer.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { LongCoding } from "./coding.ts";
import { Compress, type CompressConfig, type Plan } from "./index.ts";
import { LongPacks, type Pack, unkept } from "./long-packs.ts";

export interface PackingConfig extends CompressConfig {
  /** The same codings for longer bodies; undefined: one that this Node has not. */
  readonly long: readonly (LongCoding | undefined)[];
}

export const createPacking = (config: PackingConfig): PackingCompress => new PackingCompress(config);

/** Puts what a cache keeps into content codings, too, once for each. */
class PackingCompress extends Compress implements AnswerPacker {
  readonly #long: LongPacks;

  constructor(config: PackingConfig) {
    super(config);
    this.#long = new LongPacks(config.long.filter((coding) => coding !== undefined));
  }

  packed(x: Exchange, served: ServedAnswer, openHold: (x: Exchange) => Hold): Packed | Promise<Packed> {
    const plan = this.plan(x, served, served.body.length);
    if (plan === undefined) return served;
    const { coding, isWhole } = plan;
    const { kept } = served;
    if (kept === undefined) return undefined;
    const known = kept.coded?.get(coding.name);
    if (known !== undefined) return packedAs(plan, served, known);
    if (!isWhole) return this.#later(x, plan, served, kept, openHold);
    const coded = coding.whole(served.body);
    if (keepCoded(kept, coding.name, coded)) return packedAs(plan, served, kept.coded!.get(coding.name)!);
    const body = bufferOf(coded);
    return packedAs(plan, served, body, unkept(kept, body));
  }

  /** What takes too long in one call. Events are made as they come, and to HEAD it is not said how long it would be. */
  #later(
    x: Exchange,
    plan: Plan,
    served: ServedAnswer,
    kept: StoredAnswer,
    openHold: (x: Exchange) => Hold,
  ): Packed | Promise<Packed> {
    if (x.method === "HEAD" || served.body.length <= this.config.wholeBytes) return undefined;
    const made = this.#long.of(kept, plan.coding.name, () => openHold(x));
    return made === undefined ? undefined : packedBy(plan, served, made);
  }
}

async function packedBy(plan: Plan, served: ServedAnswer, made: Promise<Pack | undefined>): Promise<Packed> {
  const pack = await made;
  return pack === undefined ? undefined : packedAs(plan, served, pack.body, pack.of);
}

/** `kept`: what has these bytes. */
function packedAs(plan: Plan, served: ServedAnswer, body: Buffer, kept = served.kept): ServedAnswer {
  plan.isCoded = true;
  const answer = { ...served, body, kept };
  plan.answer = answer;
  return answer;
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
