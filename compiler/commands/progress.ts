import type { Progress } from "../index.ts";

/** What the progress line needs of a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Back to the start of the line, and nothing on it. */
const clear = "\r\u001B[K";

/**
 * Says on a terminal what the compiler is doing, in one line that is gone when `work` is over, however it ends.
 * Elsewhere it says nothing. Phases hold the thread until they are done, so no timer could tell which of them takes
 * long: each is named as it begins.
 */
export async function withProgress<T>(work: (progress: Progress) => Promise<T>, terminal: Terminal = process.stderr): Promise<T> {
  if (terminal.isTTY !== true || process.env.TERM === "dumb") return work(() => {});
  let isShown = false;
  try {
    return await work((phase) => {
      isShown = true;
      terminal.write(`${clear}${phase} …`);
    });
  } finally {
    if (isShown) terminal.write(clear);
  }
}
