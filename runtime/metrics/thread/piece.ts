import type { Zipped } from "./gzip.ts";

/** Something of a scrape as it is, or compressed already. */
export type Piece = Uint8Array | Zipped;

/** Makes something in steps, between which the thread may sleep. */
export type Making<Made> = Generator<undefined, Made>;

export const bytesOf = (chunk: string | Uint8Array): Uint8Array => (typeof chunk === "string" ? Buffer.from(chunk) : chunk);
