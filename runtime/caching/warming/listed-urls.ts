/** Most URLs of a file; what stands behind them is left out, and a line of the log says so. */
export const mostListed = 100_000;

/** Bytes of a file. */
export const mostBytes = 64 * 1_048_576;

/** A line of a file, from 1. */
export interface ListedUrl {
  readonly url: string;
  readonly line: number;
}

/** The lines of a text that are to be URLs. */
export const listedIn = (text: string): readonly ListedUrl[] =>
  text
    .split("\n")
    .map((line, index) => ({ url: line.trim(), line: index + 1 }))
    .filter(({ url }) => url !== "" && !url.startsWith("#"));
