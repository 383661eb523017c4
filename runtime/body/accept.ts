import { refuse } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { formatRange, isWithin, type MediaRange, type MediaType, parameterOf, parseMediaType } from "./media-type.ts";

/** Refuses requests whose client would take nothing that the operation answers with. */
export class AcceptCheck {
  readonly #offered: readonly MediaRange[];

  /** `offered`: media types as fields name them. */
  constructor(offered: readonly string[]) {
    this.#offered = offered.flatMap((text) => parseMediaType(text) ?? []);
  }

  /** Clients that name no type, or any, pay for nothing else. */
  refuses(x: Exchange, source: string): boolean {
    const accept = x.headers.get("accept");
    if (accept === undefined || accept.includes("*/*")) return false;
    return !isAcceptable(x.headers.all("accept").join(","), this.#offered) && refuseNotAcceptable(x, this.#offered, source);
  }
}

/**
 * Whether a client would take one of the media types that an operation may answer with (RFC 9110 §12.5.1). A declared
 * range may stand for anything within it, and a declared media type for itself with any parameter that is not declared
 * (`charset`, `indent`, the version of the API), as specs hardly ever list those. An `Accept` that cannot be read excludes nothing, and neither does a missing one.
 */
export function isAcceptable(accept: string | undefined, offered: readonly MediaRange[]): boolean {
  if (accept === undefined || offered.length === 0) return true;
  const ranges: { readonly range: MediaType; readonly quality: number }[] = [];
  for (const item of splitList(accept)) {
    const range = parseMediaType(item);
    if (range === undefined) return true;
    const mark = range.parameters.indexOf("q");
    const quality = mark < 0 ? 1 : Number(range.parameters[mark + 1]);
    if (!(quality >= 0 && quality <= 1)) return true;
    // What follows the weight is no part of the range.
    ranges.push({ range: mark < 0 ? range : { ...range, parameters: range.parameters.slice(0, mark) }, quality });
  }
  return ranges.length === 0 || offered.some((offer) => isWanted(offer, ranges));
}

function isWanted(offer: MediaRange, ranges: readonly { readonly range: MediaType; readonly quality: number }[]): boolean {
  if (offer.type === "*" || offer.subtype.startsWith("*")) {
    return ranges.some(
      ({ range, quality }) => quality > 0 && (range.type === "*" || offer.type === "*" || range.type === offer.type),
    );
  }
  let best = -1;
  let quality = 0;
  for (const entry of ranges) {
    if (!isWithin(offer, entry.range)) {
      // Further parameters ask for one form of the type; a weight of 0 rules out that form only.
      if (entry.quality > 0 && mayBecome(offer, entry.range)) return true;
      continue;
    }
    const specificity = entry.range.type === "*" ? 0 : entry.range.subtype === "*" ? 1 : 2 + entry.range.parameters.length;
    if (specificity > best) {
      best = specificity;
      quality = entry.quality;
    }
  }
  return quality > 0;
}

/** Whether the two name no parameter with different values. */
function mayBecome(offer: MediaRange, range: MediaType): boolean {
  const { parameters } = range;
  for (let index = 0; index < parameters.length; index += 2) {
    const declared = parameterOf(offer, parameters[index]!);
    if (declared !== undefined && declared.toLowerCase() !== parameters[index + 1]!.toLowerCase()) return false;
  }
  return isWithin(offer, { ...range, parameters: [] });
}

/** Items of a list (RFC 9110 §5.6.1), with commas inside of quotes left alone; a quote that nothing closes goes to the end. */
function splitList(value: string): string[] {
  const items: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index <= value.length; index++) {
    const code = value.charCodeAt(index);
    if (isQuoted && code === 0x5c /* \ */) index++;
    else if (code === 0x22 /* " */) isQuoted = !isQuoted;
    else if (index === value.length || (code === 0x2c /* , */ && !isQuoted)) {
      const item = value.slice(start, index);
      if (item.trim() !== "") items.push(item);
      start = index + 1;
    }
  }
  return items;
}

/** 406 that says what there is (RFC 9110 §15.5.7). */
export function refuseNotAcceptable(x: Exchange, offered: readonly MediaRange[], source: string): true {
  const detail = `This operation answers with ${offered.map(formatRange).join(" or ")}.`;
  return refuse(x, {
    status: 406,
    slug: "not-acceptable",
    title: "The client accepts no media type that the operation answers with",
    detail,
    findings: [{ in: "header", name: "accept", pointer: "", keyword: "mediaType", message: "" }],
    source,
  });
}
