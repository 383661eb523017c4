import { logLoss } from "./log-loss.ts";

/** Bytes that may wait for a reader that is slow. */
const mostWaiting = 1_048_576;

/** Writes a line to standard error, or counts it as lost where nobody reads there. */
export function writeError(line: string): void {
  const { stderr } = process;
  if (stderr.writableLength < mostWaiting) stderr.write(`${line}\n`);
  else logLoss.lines++;
}
