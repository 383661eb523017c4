import type { LivePage, MetricFamily, MetricsItem, OperationPage } from "../../gateway/metrics.ts";
import { NumberList } from "../operations/number-list.ts";
import type { PackedItem } from "./messages.ts";

/** Numbers of a message, a quarter of a mebibyte, and from how many of them on it is sent. */
const numbersInMessage = 32_768;
const fullAt = 24_576;
/** Items of a message: each costs the one who sends it some 10 µs, however much it says. */
const itemsInMessage = 64;

export interface Packed {
  readonly items: readonly PackedItem[];
  readonly numbers: Float64Array;
}

/**
 * Packs what one thread is told, so that it costs the one who tells it little: labels are told once, and numbers are written
 * to memory that both have, and that is used again: nothing is left to the garbage collector.
 */
export class Packing {
  readonly #told: (readonly string[])[] = [];
  /** Memory of scrapes that are over. */
  readonly #free: Float64Array[] = [];

  /**
   * What to say, step by step; undefined: nothing yet. What was yielded is said before anything else is packed.
   *
   * @param used takes the memory, which is given back when nobody reads it any more
   */
  *pack(items: Iterable<MetricsItem>, used: Float64Array[]): Generator<Packed | undefined> {
    let written: Written[] = [];
    let list = this.#list(used);
    let pages = 0;
    for (const item of items) {
      written.push("operations" in item ? writtenPage(item, pages++, list) : { item });
      if (written.length < itemsInMessage && list.end < fullAt) {
        yield undefined;
        continue;
      }
      yield this.#packed(written, list);
      written = [];
      list = this.#list(used);
    }
    if (written.length > 0) yield this.#packed(written, list);
  }

  giveBack(used: readonly Float64Array[]): void {
    this.#free.push(...used);
  }

  #list(used: Float64Array[]): NumberList {
    const bytes = numbersInMessage * Float64Array.BYTES_PER_ELEMENT;
    const memory = this.#free.pop() ?? new Float64Array(new SharedArrayBuffer(bytes));
    used.push(memory);
    return new NumberList(memory);
  }

  /** Only now: since the pages were written, another scrape may have told other labels of them. */
  #packed(written: readonly Written[], { numbers }: NumberList): Packed {
    const items = written.map((one): PackedItem => {
      if (!("page" in one)) return one.item;
      const { item, page, from, to } = one;
      const { operations, bounds, policies, exemplars } = item;
      const isKnown = this.#told[page] === operations;
      this.#told[page] = operations;
      return { page, ...(isKnown ? {} : { known: { operations, bounds } }), policies, exemplars, from, to };
    });
    return { items, numbers };
  }
}

type Written =
  | { readonly item: MetricFamily }
  | { readonly item: OperationPage; readonly page: number; readonly from: number; readonly to: number };

function writtenPage(item: OperationPage | LivePage, page: number, list: NumberList): Written {
  const from = list.end;
  if ("write" in item) item.write(list);
  else for (const number of item.numbers) list.push(number);
  return { item, page, from, to: list.end };
}
