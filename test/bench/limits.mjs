// What a limit costs: µs of CPU for each request, and bytes for each caller. Both sides of each ratio are measured in one run.
//
//   npm run -s build && node --expose-gc test/bench/limits.mjs
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { SlidingWindow } from "../../dist/runtime/limits/sliding-window.js";
import { TokenBucket } from "../../dist/runtime/limits/token-bucket.js";
import { createMemoryStore } from "../../dist/runtime/stores/memory/memory-store.js";
import { createRedisStore } from "../../dist/runtime/stores/redis/redis-store.js";
import { createTokenBucketScript } from "../../dist/runtime/stores/redis/scripts/token-bucket.js";

const many = 1_000_000;
const callers = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

/** µs of CPU for one call; the best of several rounds, as others use the machine too. */
function cpuOf(count, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const row = (what, value, goal) => console.log(`${what.padEnd(58)} ${value.padStart(14)}   ${goal}`);
const us = (value) => `${value.toFixed(3)} µs`;

function bytesOf(law) {
  globalThis.gc();
  const before = process.memoryUsage();
  const counters = createMemoryStore({ name: "bench", maxBytes: 1 }).counters({ id: "bytes", law, maxKeys: 100_000 });
  for (let index = 0; index < 100_000; index++) counters.take(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 1);
  globalThis.gc();
  const after = process.memoryUsage();
  counters.take("10.0.0.0", 1);
  return (after.heapUsed + after.external - before.heapUsed - before.external) / 100_000;
}

const bucket = { limit: 1_000_000_000, window: 1000, burst: 1_000_000_000 };
const store = createMemoryStore({ name: "bench", maxBytes: 1 });
const open = store.counters({ id: "open", law: new TokenBucket(bucket), maxKeys: 100_000 });
const sliding = store.counters({
  id: "sliding",
  law: new SlidingWindow({ limit: 900_000_000, window: 60_000 }),
  maxKeys: 100_000,
});
const full = store.counters({ id: "full", law: new TokenBucket({ limit: 1, window: 1e9, burst: 1 }), maxKeys: 100_000 });

row("in memory, token bucket", us(cpuOf(many, (index) => open.take(callers[index % 1000], 1))), "≤ 0.5 µs");
row("in memory, sliding window", us(cpuOf(many, (index) => sliding.take(callers[index % 1000], 1))), "≤ 0.5 µs");
const overInMemory = cpuOf(many, (index) => full.take(callers[index % 1000], 1));
row("in memory, callers that are over", us(overInMemory), "");
row("bytes for a caller, token bucket", bytesOf(new TokenBucket({ limit: 1, window: 1e6, burst: 5 })).toFixed(0), "≤ 150");
row("bytes for a caller, sliding window", bytesOf(new SlidingWindow({ limit: 5, window: 1e6 })).toFixed(0), "≤ 150");

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port: free } = server.address();
    server.close(() => resolve(free));
  });
});
const server = spawn("redis-server", ["--port", String(port), "--save", ""], { stdio: ["ignore", "pipe", "inherit"] });
await new Promise((resolve) => server.stdout.on("data", (text) => String(text).includes("Ready to accept") && resolve()));

const redis = createRedisStore({
  name: "bench",
  gateway: "bench",
  from: "bench",
  server: { kind: "single", url: `redis://127.0.0.1:${port}` },
  keyPrefix: "bench:",
  timeout: 1000,
  inFlight: 1000,
  breaker: { misses: 5, open: 60_000 },
  required: true,
});
const log = { write() {}, with: () => log };
await redis.start({ log, group: { size: 1, index: 0 }, every() {} });
const limit = (id, config) => ({ id, law: new TokenBucket(config), script: createTokenBucketScript(config), maxKeys: 1000 });
const counted = redis.counters(limit("open", bucket));
const over = redis.counters(limit("full", { limit: 1, window: 1e9, burst: 1 }));

/** 64 that ask again and again, as connections do. */
async function through(count) {
  const before = process.cpuUsage();
  let left = count;
  const ask = async (index) => {
    while (left-- > 0) await counted.take(callers[index], 1);
  };
  await Promise.all(Array.from({ length: 64 }, (_, index) => ask(index)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
await through(5000);
row("through Redis, 64 in flight, one limit", us(Math.min(await through(30_000), await through(30_000))), "");
for (const caller of callers) for (let time = 0; time < 2; time++) await over.take(caller, 1);
const overInRedis = cpuOf(many, (index) => over.take(callers[index % 1000], 1));
row("callers that are over, through Redis / in memory", `${(overInRedis / overInMemory).toFixed(2)} ×`, "≤ 1.5 ×");

server.kill("SIGSTOP");
await Promise.all(callers.slice(0, 5).map((caller) => counted.take(caller, 1)));
row("Redis is down, after its breaker opened", us(cpuOf(many, (index) => counted.take(callers[index % 1000], 1))), "≤ 1 µs");
server.kill("SIGKILL");
redis.stop();
process.exit(0);
