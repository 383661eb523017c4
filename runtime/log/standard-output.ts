import cluster from "node:cluster";
import { clock } from "../life/clock.ts";
import { descriptorOutput, LineWriter } from "./line-writer.ts";

let shared: LineWriter | undefined;

/** Standard output of this process, one writer for all who log there, so that lines stay whole. */
export function standardOutput(): LineWriter {
  if (shared === undefined) {
    // A pipe that Node opens as a stream does not block from then on. If it did, a reader that is stuck would hold a thread
    // for ever, and with it the end of the process.
    process.stdout.on("error", () => {});
    const writer = new LineWriter(descriptorOutput(1, cluster.isWorker), 4 * 1024 * 1024, lossLine);
    process.once("exit", () => writer.flushSync());
    shared = writer;
  }
  return shared;
}

const lossLine = (count: number): string =>
  `{"time":"${new Date(clock.wall()).toISOString()}","message":"log lines were dropped: standard output is read too slowly","dropped":${count}}`;
