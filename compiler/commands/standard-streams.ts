import { outputProblem } from "./output-problem.ts";

/**
 * Takes over what becomes of output that cannot be written. A reader that has read enough (`gatewright routes | head`) is no
 * failure; a full disk is one, and must not end with the exit code of success.
 *
 * @param failed called for an output that is lost although somebody wants it
 */
export function guardStandardStreams(failed: () => void): void {
  for (const [stream, name] of [
    [process.stdout, "Standard output"],
    [process.stderr, "Standard error"],
  ] as const) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      failed();
      const problem = outputProblem(error) ?? `The output cannot be written: ${error.message}.`;
      // If it is standard error that failed, nobody hears this, but the exit code stays.
      process.stderr.write(`gatewright: ${problem.replace(/^The output/, name)}\n`);
    });
  }
}
