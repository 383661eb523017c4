import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// Preloaded into gateways under test: their clock stands still until the test turns it over IPC, so that no figure
// depends on how busy the machine is.
let monotonic = 1_000_000;
let wall = Date.UTC(2026, 11, 1);
Date.now = () => wall;
performance.now = () => monotonic;
process.on("message", (message) => {
  if (typeof message?.advance !== "number") return;
  monotonic += message.advance;
  wall += message.advance;
  process.send({ advanced: message.advance });
});
// What is in use, in bytes, when everything that can go is gone.
process.on("message", (message) => {
  if (message?.memory !== true) return;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external } = process.memoryUsage();
  process.send({ memory: heapUsed + external });
});
// The listener must not keep a drained gateway alive.
process.channel?.unref();
