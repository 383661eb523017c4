/** Most URLs of a file; what stands behind them is left out, and a line of the log says so. */
export const mostListed = 100_000;

/** Bytes of a file. */
export const mostBytes = 64 * 1_048_576;

/** A line of a file, from 1. */
export interface ListedUrl {
  readonly url: string;
  readonly line: number;
}

/** A port that is written there is one that there is: others are typing errors, and what is fetched so nobody asks for. */
export function hasPort(url: string): boolean {
  const port = /^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(url)?.[1];
  return port === undefined || (Number(port) > 0 && Number(port) < 65_536);
}

/** The lines of a text that are to be URLs. */
export const listedIn = (text: string): readonly ListedUrl[] =>
  text
    .split("\n")
    .map((line, index) => ({ url: line.trim(), line: index + 1 }))
    .filter(({ url }) => url !== "" && !url.startsWith("#"));
