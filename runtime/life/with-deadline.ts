import { type Contained, contained } from "./boundary.ts";
import { timers } from "./timers.ts";

/** Resolves when the work is done, the time is over or the signal comes, whichever is first. */
export function withDeadline(
  work: Promise<unknown>,
  milliseconds: number,
  owner: Contained,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = contained(owner, (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    });
    const timer = timers.after(milliseconds, owner, done);
    signal?.addEventListener("abort", done, { once: true });
    work.then(done, done);
  });
}
