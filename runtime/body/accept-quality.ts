import { isWithin, type MediaRange, type MediaType, parameterOf, parseMediaType } from "./media-type.ts";

/** A member of `Accept`. */
export interface AcceptedRange {
  readonly range: MediaType;
  /** From 0, which rules it out, to 1. */
  readonly quality: number;
}

/** The members of `Accept` (RFC 9110 §12.5.1); undefined where one of them cannot be read. */
export function readAccept(accept: string): readonly AcceptedRange[] | undefined {
  const ranges: AcceptedRange[] = [];
  for (const item of splitList(accept)) {
    const range = parseMediaType(item);
    if (range === undefined) return undefined;
    const mark = range.parameters.indexOf("q");
    const quality = mark < 0 ? 1 : Number(range.parameters[mark + 1]);
    if (!(quality >= 0 && quality <= 1)) return undefined;
    // What follows the weight is no part of the range.
    ranges.push({ range: mark < 0 ? range : { ...range, parameters: range.parameters.slice(0, mark) }, quality });
  }
  return ranges;
}

/**
 * How much a client likes a media type: what the most specific range says that it is in; 0: not at all. Undefined: it asks for a form of the type
 * with parameters that are not declared.
 */
export function qualityOf(offer: MediaRange, ranges: readonly AcceptedRange[]): number | undefined {
  let best = -1;
  let quality = 0;
  for (const entry of ranges) {
    if (!isWithin(offer, entry.range)) {
      // Further parameters ask for one form of the type; a weight of 0 rules out that form only.
      if (entry.quality > 0 && mayBecome(offer, entry.range)) return undefined;
      continue;
    }
    const specificity = entry.range.type === "*" ? 0 : entry.range.subtype === "*" ? 1 : 2 + entry.range.parameters.length;
    if (specificity > best) {
      best = specificity;
      quality = entry.quality;
    }
  }
  return quality;
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
