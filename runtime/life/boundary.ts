import { logError } from "../http/log-error.ts";

/** What a callback of a socket, a stream or a timer works for: one exchange, one connection, one look at the clock. */
export interface Contained {
  /** One of its callbacks threw. It ends here, and tells whoever waits for it. */
  broke(error: unknown): void;
}

/**
 * Ends what a callback worked for, after the callback threw. An exception that leaves a callback ends the process, and
 * with it the requests of every client.
 */
export function contain(owner: Contained, error: unknown): void {
  try {
    owner.broke(error);
  } catch (second) {
    logError("what failed inside the gateway could not be ended", second);
  }
}

/** The callback as Node may call it: an exception ends `owner` and nothing else. */
export const contained =
  <Arguments extends readonly unknown[]>(
    owner: Contained,
    callback: (...args: Arguments) => void,
  ): ((...args: Arguments) => void) =>
  (...args) => {
    try {
      callback(...args);
    } catch (error) {
      contain(owner, error);
    }
  };

/** For callbacks with which nothing ends: the next call may fare better. */
export const logged = (what: string): Contained => ({ broke: (error) => logError(what, error) });
