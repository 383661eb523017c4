/** A message as somebody read it; one character for each octet. */
export interface Message {
  /** `GET /path 1.1`, or `200 1.1` of an answer. */
  readonly start: string;
  /** `Name: value`, in order and spelling as sent. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** Its end was seen. */
  readonly isWhole: boolean;
  /** It was understood and is answered with an error: neither its content nor its trailers were looked at. */
  readonly isRefused: boolean;
}

/** What somebody took a run of bytes for. */
export interface Reading {
  readonly messages: readonly Message[];
  /**
   * - `more`: the bytes may go on, with the next message or with the rest of the last one.
   * - `refused`: what stands behind the messages cannot be read.
   * - `over`: nothing more is read, by the wish of one side or because the bytes now are of another protocol.
   */
  readonly end: "more" | "refused" | "over";
}

/** Name and value alternating, as lines. */
export const fieldLines = (lines: readonly string[]): string[] =>
  Array.from({ length: lines.length / 2 }, (_, index) => `${lines[index * 2]}: ${lines[index * 2 + 1]}`);

/** Pieces of the bytes; `cuts` are the offsets, in order, at which one ends and the next begins. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const offsets = [0, ...cuts, bytes.length];
  return offsets.slice(1).map((to, index) => bytes.subarray(offsets[index], to));
}

/** Bytes as they are written in a test that failed. */
export const shown = (bytes: Buffer): string => JSON.stringify(bytes.toString("latin1"));
