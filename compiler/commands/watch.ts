import { watch } from "chokidar";
import type { Disk } from "../phases/1-load/index.ts";
import { InputRecord } from "./input-record.ts";

/** Editors and checkouts write in bursts; a run starts after this much quiet. */
const quietMilliseconds = 15;

/**
 * Calls `run`, and again whenever a file that the last run read or looked for has changed, until `stop`. Runs never
 * overlap. Folders are watched rather than files: editors replace files, and missing ones have to be noticed too.
 */
export async function watchInputs(run: (disk: Disk) => Promise<unknown>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const inputs = new InputRecord();
    await run(inputs.disk);
    await changeOf(inputs, stop);
  }
}

async function changeOf(inputs: InputRecord, stop: AbortSignal): Promise<void> {
  const watcher = watch(inputs.folders(), { depth: 0, ignoreInitial: true, atomic: false });
  let quiet: NodeJS.Timeout | undefined;
  let finish = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        clearTimeout(quiet);
        quiet = setTimeout(() => {
          if (inputs.changed()) resolve();
        }, quietMilliseconds);
      };
      // `ready` as well: a file may have changed between the run and the moment from which its folder is watched.
      watcher.on("all", look).on("ready", look).on("error", reject);
      finish = resolve;
      stop.addEventListener("abort", finish);
      if (stop.aborted) resolve();
    });
  } finally {
    stop.removeEventListener("abort", finish);
    clearTimeout(quiet);
    await watcher.close();
  }
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}
