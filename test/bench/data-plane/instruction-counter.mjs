// Who counts the instructions of a running process: `perf stat` or callgrind.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../support.mjs";
import { component, run } from "./processes.mjs";

/** No thread compiles or collects garbage beside the program: whether it did in time would change the count. */
const steady = ["--single-threaded"];

/** Enough for V8 to compile what is used; then few enough for callgrind. */
const usualWarmUp = 6_000;
const counted = 1_000;
const turns = 3;

/**
 * @typedef {object} Counter
 * @property {string} name
 * @property {(args: string[]) => [string, string[]]} command the program to start for a Node with these arguments
 * @property {(child: import("node:child_process").ChildProcess, send: (count: number) => Promise<void>, warmUp?: number) => Promise<number>} count
 *   instructions per request, after so many
 */

/** @returns {Promise<Counter>} */
export async function chooseCounter() {
  return hasPerf() ? perf : callgrind(await component("valgrind"), await component("callgrind_control"));
}

function hasPerf() {
  const { status, stderr } = spawnSync("perf", ["stat", "-x,", "-e", "instructions:u", "true"], { encoding: "utf8" });
  return status === 0 && Number(stderr.split(",")[0]) > 0;
}

const perf = {
  name: "perf",
  command: (args) => [process.execPath, [...steady, ...args]],
  async count(child, send, warmUp = usualWarmUp) {
    await send(warmUp);
    const watching = spawn("perf", ["stat", "-x,", "-e", "instructions:u", "-p", String(child.pid)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    watching.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    await send(counted); // the counter is attached somewhere in these
    await send(counted * 20);
    watching.kill("SIGINT");
    await new Promise((resolve) => watching.on("close", resolve));
    return Number(said.split(",")[0]) / (counted * 21);
  },
};

const callgrind = (valgrind, control) => {
  const folder = scratch();
  const options = [
    "--tool=callgrind",
    "-q",
    "--instr-atstart=no",
    `--callgrind-out-file=${folder}/%p`,
    "--smc-check=all-non-file",
  ];
  return {
    name: "callgrind",
    command: (args) => [valgrind, [...options, process.execPath, ...steady, ...args]],
    async count(child, send, warmUp = usualWarmUp) {
      const tell = (...args) => run(control, [...args, String(child.pid)]);
      await send(warmUp);
      await tell("-i", "on");
      await send(counted / 2); // callgrind translates the code anew, which is not counted below
      for (let turn = 0; turn < turns; turn++) {
        await tell("-z");
        await send(counted);
        await tell("-d");
      }
      const dumps = readdirSync(folder).filter((file) => file.startsWith(`${child.pid}.`));
      const found = dumps.map((dump) => Number(/^summary: (\d+)/m.exec(readFileSync(join(folder, dump), "utf8"))[1]));
      // One function that the engine compiles meanwhile costs as much as hundreds of requests.
      return Math.min(...found) / counted;
    },
  };
};
