import type { HttpVersion } from "../connector.ts";
import type { ListedProtocols } from "./listed-protocols.ts";
import { Unusable } from "./unusable.ts";

/** What a registry says of an endpoint besides where it is and what it is called. */
export type Place = {
  readonly weight: number;
  /** Absent: 0. */
  readonly priority?: number;
  readonly zone?: string;
  /** Only what the configuration asks for. */
  readonly metadata?: { readonly [name: string]: string };
  /** Where it is one that is listed. */
  readonly protocol?: HttpVersion;
};

/** As a registry says it. Nothing of it is trusted. */
export interface Said {
  readonly weight?: unknown;
  readonly priority?: unknown;
  readonly zone?: unknown;
  readonly metadata?: unknown;
  readonly protocol?: unknown;
}

/** Characters of texts that a registry chooses. */
export const longestText = 200;

const mostWeight = 1_000;

/** What was read last, of which the next entry mostly says the same as one. */
const mostRecent = 8;

/** Places that are kept: where each entry says something of its own, none is met again. */
const mostKept = 1_000;

/**
 * Reads places. Entries that say the same share one, also over several lists, so that thousands are compared and grouped by a
 * look at which it is.
 */
export class Places {
  readonly #names: readonly string[] | undefined;
  readonly #protocols: ListedProtocols | undefined;
  readonly #recent: Recent[] = [];
  #next = 0;
  readonly #byKey = new Map<string, Place>();

  /** `names`: of the metadata that the configuration asks for. `protocols`: where each endpoint has one of its own. */
  constructor(names: readonly string[] | undefined, protocols?: ListedProtocols) {
    this.#names = names;
    this.#protocols = protocols;
  }

  /** Throws `Unusable`. */
  of(said: Said): Place {
    const protocol = this.#protocols?.of(said);
    for (const one of this.#recent) if (one.place.protocol === protocol && this.#isThat(one, said)) return one.place;
    const place = this.#shared(placeOf(said, this.#names, protocol));
    const { weight, priority, zone } = said;
    this.#recent[this.#next] = {
      weight,
      priority,
      zone,
      metadata: this.#names?.map((name) => saidIn(said.metadata, name)),
      place,
    };
    this.#next = (this.#next + 1) % mostRecent;
    return place;
  }

  #isThat(one: Recent, { weight, priority, zone, metadata }: Said): boolean {
    if (one.weight !== weight || one.priority !== priority || one.zone !== zone) return false;
    const names = this.#names;
    if (names !== undefined)
      for (let at = 0; at < names.length; at++) if (one.metadata![at] !== saidIn(metadata, names[at]!)) return false;
    return true;
  }

  #shared(place: Place): Place {
    const key = JSON.stringify(place);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= mostKept) this.#byKey.clear();
    this.#byKey.set(key, place);
    return place;
  }
}

/** What an entry said, and which place that is. */
interface Recent extends Omit<Said, "metadata" | "protocol"> {
  /** By the names that count. */
  readonly metadata: readonly unknown[] | undefined;
  readonly place: Place;
}

function placeOf(said: Said, names: readonly string[] | undefined, protocol: HttpVersion | undefined): Place {
  const weight = numberOf(said.weight, "weight", 1, mostWeight) ?? 1;
  const priority = numberOf(said.priority, "priority", 0, 100) ?? 0;
  const metadata = names === undefined ? undefined : metadataOf(said.metadata, names);
  return {
    weight,
    ...(priority === 0 ? {} : { priority }),
    ...(said.zone === undefined ? {} : { zone: textOf(said.zone, "zone") }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** Undefined where it has none of it. What is no text says nothing: the endpoint is in no subset that asks for it. */
function metadataOf(listed: unknown, names: readonly string[]): { readonly [name: string]: string } | undefined {
  const found: { [name: string]: string } = {};
  for (const name of names) {
    const value = saidIn(listed, name);
    if (typeof value === "string" ? value.length <= longestText : typeof value === "number" || typeof value === "boolean")
      found[name] = String(value);
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

const saidIn = (metadata: unknown, name: string): unknown =>
  typeof metadata === "object" && metadata !== null && Object.hasOwn(metadata, name)
    ? // An object, whose members are looked at one by one.
      (metadata as Readonly<Record<string, unknown>>)[name]
    : undefined;

function numberOf(value: unknown, name: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  // Labels of Prometheus are texts.
  const number = typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Unusable(`its ${name} is no whole number from ${least} to ${most}`);
}

export function textOf(value: unknown, name: string): string {
  if (
    typeof value === "string" &&
    value.length <= longestText &&
    (/^[ -~]+$/.test(value) || /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(value))
  )
    return value;
  throw new Unusable(`its ${name} is no text of 1 to ${longestText} characters without control characters`);
}
