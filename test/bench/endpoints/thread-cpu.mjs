// CPU time of the thread that asks, which is that of the event loop: what collectors of garbage do beside it does not keep requests.
import { openSync, readSync } from "node:fs";

const file = process.platform === "linux" ? openSync("/proc/thread-self/schedstat") : undefined;
const bytes = Buffer.alloc(64);

/** Milliseconds so far. */
export function threadCpu() {
  // The system brings the file up to date when it is asked for the same of the whole process, and else some milliseconds later.
  const { user, system } = process.cpuUsage();
  if (file === undefined) return (user + system) / 1_000;
  readSync(file, bytes, 0, bytes.length, 0);
  return Number.parseInt(bytes.latin1Slice(0, bytes.length), 10) / 1e6;
}

/** Milliseconds of work until `over` resolves. */
export async function totalUntil(over) {
  const before = threadCpu();
  await over;
  return threadCpu() - before;
}

/** Milliseconds of the longest piece of work between two turns of the event loop until `over` resolves. */
export function longestUntil(over) {
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  return new Promise((resolve) => {
    let longest = 0;
    let before = threadCpu();
    const turn = () => {
      const now = threadCpu();
      longest = Math.max(longest, now - before);
      if (isOver) return resolve(longest);
      before = threadCpu();
      setImmediate(turn);
    };
    setImmediate(turn);
  });
}

export const measures = { total: totalUntil, longest: longestUntil };
