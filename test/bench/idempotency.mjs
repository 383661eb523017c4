// What `idempotency` costs with keys in memory: µs of CPU for each request, beside the forwarding that it is in front of. The
// steps of one request are called one after the other, as the chain of an operation calls them.
//
//   npm run -s build && node test/bench/idempotency.mjs
import { randomUUID } from "node:crypto";
import { HeaderList } from "../../dist/runtime/fields/header-list.js";
import { createIdempotency } from "../../dist/runtime/policies/idempotency/index.js";
import { createMemoryClaims } from "../../dist/runtime/stores/memory/memory-claims.js";
import { createMemoryStore } from "../../dist/runtime/stores/memory/memory-store.js";

const store = createMemoryStore({ name: "bench", maxBytes: 1_000_000_000 });
const policy = createIdempotency({
  name: "createOrder idempotency",
  operation: "createOrder",
  store,
  claims: createMemoryClaims(),
  ttlMs: 86_400_000,
  isRequired: false,
  maxBody: 1_048_576,
  maxAnswer: 65_536,
  headers: [],
  credentials: [],
  mayResend: false,
  allowsOnFailure: false,
  outliveClient() {},
  slot: 0,
});

const identity = { subject: "acme", scheme: "partnerKey", roles: [], scopes: [] };
const answerBody = { bytes: Buffer.from(JSON.stringify({ id: 7, items: Array.from({ length: 20 }, (_, at) => `item ${at}`) })) };

function exchange(key, body) {
  const headers = new HeaderList(key === undefined ? [] : ["Idempotency-Key", key]);
  return {
    method: "POST",
    path: "/orders",
    query: "",
    host: "shop.example.com",
    headers,
    identity,
    operation: { id: "orders.v1.createOrder" },
    peer: { ip: "192.0.2.7" },
    requestId: "",
    slots: [],
    hasBody: true,
    isDone: false,
    readBody: async () => body,
    upstream: undefined,
    answer: undefined,
  };
}

async function first(key, body) {
  const x = exchange(key, body);
  if (await policy.request(x)) throw new Error(`answered ${x.answer.status}`);
  const headers = new HeaderList(["Content-Type", "application/json", "Location", "/orders/7", "ETag", '"v1"']);
  x.answer = { status: 201, headers, body: undefined, source: "service" };
  policy.answerHead(x);
  policy.answerBody(x, answerBody);
  policy.done(x);
}

async function replay(key, body) {
  const x = exchange(key, body);
  if (!(await policy.request(x)) || x.answer.status !== 201) throw new Error("not replayed");
}

async function without(body) {
  const x = exchange(undefined, body);
  if (policy.request(x) !== false) throw new Error("answered");
}

/** µs of CPU for one request; the best of several rounds, as others use the machine too. */
async function cpuOf(count, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const keys = Array.from({ length: count }, () => randomUUID());
    const before = process.cpuUsage();
    for (const key of keys) await work(key);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const row = (what, value) => console.log(`${what.padEnd(52)} ${value.toFixed(2).padStart(8)} µs`);
for (const [name, body] of [
  ["200 bytes", Buffer.alloc(200, "a")],
  ["16 KiB", Buffer.alloc(16_384, "a")],
]) {
  const known = randomUUID();
  await first(known, body);
  row(`first request, body of ${name}`, await cpuOf(20_000, (key) => first(key, body)));
  row(`replayed, body of ${name}`, await cpuOf(20_000, () => replay(known, body)));
}
const body = Buffer.alloc(200, "a");
row("without a key", await cpuOf(20_000, () => without(body)));
