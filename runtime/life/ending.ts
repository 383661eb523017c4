import { setMaxListeners } from "node:events";

/** What tells many that something is over: of their number, a release of Node would warn as of a leak. */
export function createEnding(): AbortController {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  return ending;
}
