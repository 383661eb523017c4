// Loaded into a gateway that is measured: tells when asked how late its event loop was, and how busy, since it was asked before.
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 2 });
delay.enable();
let since = performance.eventLoopUtilization();
process.on("message", (asked) => {
  if (asked !== "loop") return;
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, since);
  process.send({ loop: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, utilization } });
  since = now;
  delay.reset();
});
process.channel.unref();
