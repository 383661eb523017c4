// Prints microseconds to read JSON bodies with JSON.parse and with the gateway's strict reader, and what strictness adds.
// Usage: npm run -s build && node test/bench/json-body.mjs
import { performance } from "node:perf_hooks";
import { JsonReader } from "../../dist/runtime/body/json.js";

const line = (index) => ({
  id: 100_000 + index,
  sku: `AB-${index}-XL`,
  name: index % 5 === 4 ? "Größe süß" : "A thing in a box",
  quantity: index % 7,
  price: 12.5 + index,
  taxed: index % 2 === 0,
  note: null,
});
const order = (lines) => ({
  id: "0192f3c4-7a51-7cc0-8e1d-7b1ff09a4c11",
  customer: {
    name: "Ada Lovelace",
    email: "ada@example.com",
    address: { street: "12 St James's Square", city: "London", zip: "SW1Y 4JH" },
  },
  createdAt: "2026-11-21T09:15:00Z",
  currency: "GBP",
  lines: Array.from({ length: lines }, (_, index) => line(index)),
});
const bodies = [
  ["1 KB, compact", JSON.stringify(order(7)).replaceAll(/[^\x00-\x7f]/g, "o")],
  ["1 KB, indented by 2", JSON.stringify(order(5), null, 2)],
  ["1 KB, long text", JSON.stringify({ id: 7, text: "lorem ipsum dolor sit amet ".repeat(38) })],
  ["1 KB, with escapes", JSON.stringify({ ...order(6), note: 'said "soon"\nand left' })],
  ["100 KB, compact", JSON.stringify(order(925))],
  [
    "100 KB, one map of 4,000 keys",
    JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`key-${index * 7919}`, index]))),
  ],
];

const reader = new JsonReader();
const ways = {
  native: (bytes) => JSON.parse(bytes.toString()),
  ours: (bytes) => reader.parse(bytes),
};

/** Best of several runs, in microseconds a body. */
function measure(run, bytes, rounds) {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 9; attempt++) {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) run(bytes);
    best = Math.min(best, ((performance.now() - start) * 1000) / rounds);
  }
  return best;
}

console.log("body                            bytes   JSON.parse       ours    added  ratio");
for (const [name, text] of bodies) {
  const bytes = Buffer.from(text);
  const rounds = Math.ceil(8_000_000 / bytes.length);
  const native = measure(ways.native, bytes, rounds);
  const ours = measure(ways.ours, bytes, rounds);
  const cells = [
    String(bytes.length).padStart(7),
    ...[native, ours, ours - native].map((us) => `${us.toFixed(2)} µs`.padStart(11)),
    (ours / native).toFixed(2).padStart(6),
  ];
  console.log(`${name.padEnd(30)}${cells.join("")}`);
}
