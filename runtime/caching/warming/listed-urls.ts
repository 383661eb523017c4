import { readFile } from "node:fs/promises";
import { whyUnreadable } from "../../files/why-unreadable.ts";

/** Most URLs of a file; what stands behind them is left out, and a line of the log says so. */
export const mostListed = 100_000;

/** A line of a file, from 1. */
export interface ListedUrl {
  readonly url: string;
  readonly line: number;
}

/** The lines of a file that are to be URLs. Throws where it cannot be read, with the remedy. */
export async function listedUrls(path: string): Promise<readonly ListedUrl[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${path} cannot be read${whyUnreadable(error, path, "the list of URLs")}`, { cause: error });
  }
  return text
    .split("\n")
    .map((line, index) => ({ url: line.trim(), line: index + 1 }))
    .filter(({ url }) => url !== "" && !url.startsWith("#"));
}
