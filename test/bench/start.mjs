// From the start of the process to its first answer, and memory at rest, with 1,000 operations.
import { startTimes } from "./data-plane/start-up.mjs";
import { median } from "./support.mjs";

const { milliseconds, mebibytes } = await startTimes(9);
console.log(`start to first answer, 1,000 operations   ${median(milliseconds).toFixed(0)} ms (goal 150 ms)`);
console.log(`resident memory after it                  ${mebibytes.toFixed(0)} MiB`);
