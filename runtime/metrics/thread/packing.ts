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

/** What the thread knows of a page. */
interface Told {
  readonly operations: readonly string[];
  readonly changes: number | undefined;
}

/**
 * Packs what one thread is told, so that it costs the one who tells it little: labels are told once, pages of which nothing has
 * changed are not told again, and numbers are written to memory that both have, and that is used again: nothing is left to the
 * garbage collector.
 */
export class Packing {
  readonly #told: Told[] = [];
  /** Memory of scrapes that are over. */
  readonly #free: Float64Array[] = [];

  /**
   * What to say, step by step; undefined: nothing yet. What was yielded is said before anything else is packed.
   *
   * @param used takes the memory, which is given back when nobody reads it any more
   */
  *pack(items: Iterable<MetricsItem>, used: Float64Array[]): Generator<Packed | undefined> {
    let entries: Entry[] = [];
    let list = this.#list(used);
    let pages = 0;
    for (const item of items) {
      entries.push("operations" in item ? this.#entryOf(item, pages++, list) : { item });
      if (entries.length < itemsInMessage && list.end < fullAt) {
        yield undefined;
        continue;
      }
      yield this.#packed(entries, list);
      entries = [];
      list = this.#list(used);
    }
    if (entries.length > 0) yield this.#packed(entries, list);
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

  #entryOf(item: OperationPage | LivePage, page: number, list: NumberList): PageEntry {
    const changes = "changes" in item ? item.changes : undefined;
    return { item, page, changes, place: this.#knows(item, page, changes) ? undefined : writtenTo(list, item) };
  }

  #knows({ operations }: OperationPage, page: number, changes: number | undefined): boolean {
    const told = this.#told[page];
    return changes !== undefined && told?.changes === changes && told.operations === operations;
  }

  /** Only now: since the pages were written, another scrape may have told other things of them. */
  #packed(entries: readonly Entry[], list: NumberList): Packed {
    const items = entries.map((entry): PackedItem => {
      if (!("page" in entry)) return entry.item;
      const { item, page, changes, place } = entry;
      if (place === undefined && this.#knows(item, page, changes)) return page;
      const { from, to } = place ?? writtenTo(list, item);
      const { operations, bounds, policies, exemplars } = item;
      const isKnown = this.#told[page]?.operations === operations;
      this.#told[page] = { operations, changes };
      return { page, ...(isKnown ? {} : { known: { operations, bounds } }), policies, exemplars, from, to };
    });
    return { items, numbers: list.numbers };
  }
}

type Entry = { readonly item: MetricFamily } | PageEntry;

interface PageEntry {
  readonly item: OperationPage | LivePage;
  readonly page: number;
  /** Undefined: it does not say. */
  readonly changes: number | undefined;
  /** Where its numbers are; undefined: the thread had them already. */
  readonly place: Place | undefined;
}

interface Place {
  readonly from: number;
  readonly to: number;
}

function writtenTo(list: NumberList, item: OperationPage | LivePage): Place {
  const from = list.end;
  if ("write" in item) item.write(list);
  else for (const number of item.numbers) list.push(number);
  return { from, to: list.end };
}
