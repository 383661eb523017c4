import { HeaderList } from "../../fields/header-list.ts";
import { contentLengthOf } from "../../http1/field-section.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { isFieldLine } from "../../http2/field-line.ts";

/**
 * The head of an answer of HTTP/2 (RFC 9113 §8.3.2), held to the rules for answers of HTTP/1.1: three digits from 100 to
 * 599, once and first, one length at most, and lines that can be read in one way only. Undefined: it is malformed.
 *
 * @param lines name and value alternating, as they came
 */
export function readAnswerHead(lines: readonly string[]): ResponseHead | undefined {
  const [name, status = ""] = lines;
  if (name !== ":status" || !/^[1-5][0-9]{2}$/.test(status)) return undefined;
  const fields = fieldLines(lines, 2, ofConnection);
  if (fields === undefined) return undefined;
  const lengths = fields.all("content-length");
  const [announced] = lengths;
  const contentLength = announced === undefined ? -1 : contentLengthOf(Buffer.from(announced, "latin1"), 0, announced.length);
  if (lengths.length > 1 || (announced !== undefined && contentLength < 0)) return undefined;
  return {
    status: Number(status),
    minor: 1,
    headers: fields,
    contentLength,
    isChunked: contentLength < 0,
    connection: 0,
    hasLocation: fields.has("location") || fields.has("content-location"),
  };
}

/** Undefined: they are malformed. */
export const readAnswerTrailers = (lines: readonly string[]): HeaderList | undefined => fieldLines(lines, 0, ofFraming);

function fieldLines(lines: readonly string[], from: number, isLeftOut: (name: string) => boolean): HeaderList | undefined {
  const kept: string[] = [];
  for (let index = from; index < lines.length; index += 2) {
    const [name, value] = [lines[index]!, lines[index + 1]!];
    if (!isFieldLine(name, value)) return undefined;
    if (!isLeftOut(name)) kept.push(name, value);
  }
  return new HeaderList(kept);
}

/** As in answers of HTTP/1.1: for this hop alone. */
const ofConnection = (name: string): boolean => name === "proxy-authenticate" || name === "trailer";

/** What says where a message ends has no place behind it. */
const ofFraming = (name: string): boolean => name === "content-length";
