import { expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

/** Who sets timers of Node, beside `timers`, and why tests need not turn them. */
const known: Readonly<Record<string, string>> = {
  "runtime/life/timers.ts": "the source of timers of what lives, which tests turn",
  "runtime/log/line-writer.ts": "a few milliseconds until lines are written",
  "runtime/log/pace.ts": "a minute until it is told how many lines were not written, which looks at the clock",
  "runtime/upstream/deadlines.ts": "looks at the clock, which tests turn",
  "runtime/upstream/names.ts": "tests of names turn the clock of the process",
  "runtime/upstream/http2/http2-pool.ts": "looks at the clock, which tests turn",
  "runtime/upstream/origin-pool.ts": "looks at the clock, which tests turn, and gives up a connection that is not had",
  "runtime/upstream/reachable.ts": "gives up a connection that is not had",
  "runtime/life/in-slices.ts": "a millisecond for requests, which does nothing but resolve",
  "runtime/admin/send.ts": "gives up a client that takes nothing of its answer",
  "runtime/process/run.ts": "signs of life, which tests of processes wait for",
  "runtime/process/worker-pool.ts": "watches over processes, which live by the real time",
  "runtime/process/worker-questions.ts": "the same",
  "runtime/process/shutdown.ts": "the delay that an operator asks for, of a process",
  "runtime/http2/check-http2.ts": "tries out the Node that it runs on",
  "runtime/http/server.ts": "looks at the clock, which tests turn",
  "runtime/listener/ticket-keys.ts": "of hours; tests rotate the keys themselves",
};

/** What is generated is made of the others. */
const found = sourceFiles("runtime")
  .filter(({ path }) => !path.endsWith(".gen.ts"))
  .filter(({ text }) => /\bset(?:Timeout|Interval)\(|node:timers/.test(text))
  .map(({ path }) => path);

it("what is new takes its timers from `runtime/life/timers.ts`, so that tests can turn all of time", () => {
  expect(found.filter((path) => !(path in known))).toEqual([]);
});

it("and each exception is needed", () => {
  expect(Object.keys(known).filter((path) => !found.includes(path))).toEqual([]);
});
