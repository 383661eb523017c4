// Prints nanoseconds per look-up in sets of 100 and of 100,000 blocks, and milliseconds to build the large ones.
// Usage: npm run -s build && node test/bench/ip-filter.mjs
//
// Each figure is processor time: the least of 15 rounds over 65,536 distinct addresses in random order, of which half are in
// the set. What a busy machine adds is not in it.
import { createCidrSet } from "../../dist/runtime/addresses/cidr.js";

const addresses = 65_536;
const goal = 300;

/** xorshift32: the same blocks and addresses in every run. */
let state = 0x9e37_79b9;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const v4 = (value) => `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
const group = () => random(0x1_0000).toString(16);
const families = {
  IPv4: {
    block: () => `${v4((random(0xe000) << 16) | (random(256) << 8))}/${20 + random(13)}`,
    inside: (block) => block.split("/")[0],
    any: () => v4(random(0xffff_ffff)),
  },
  IPv6: {
    block: () => `2${random(0x1000).toString(16).padStart(3, "0")}:${group()}:${group()}::/48`,
    inside: (block) => block.replace("::/48", `:${group()}::${group()}`),
    any: () => `2${random(0x1000).toString(16).padStart(3, "0")}:${group()}:${group()}::${group()}`,
  },
};

/** As sockets give it: no text that V8 has put together from pieces. */
const flat = (text) => Buffer.from(text, "latin1").toString("latin1");

const microseconds = (from) => {
  const { user, system } = process.cpuUsage(from);
  return user + system;
};

let worst = 0;
for (const [name, { block, inside, any }] of Object.entries(families)) {
  const figures = {};
  for (const size of [100, 100_000]) {
    const blocks = Array.from({ length: size }, block);
    const begun = process.cpuUsage();
    const set = createCidrSet(blocks);
    const built = microseconds(begun) / 1_000;
    const asked = Array.from({ length: addresses }, (_, index) => flat(index % 2 ? inside(blocks[random(size)]) : any()));
    let found = 0;
    const rounds = Array.from({ length: 15 }, () => {
      const start = process.cpuUsage();
      for (const address of asked) if (set.has(address)) found++;
      return (microseconds(start) * 1_000) / addresses;
    });
    if (found < (addresses * 15) / 2) throw new Error("the set lacks some of its own addresses");
    figures[size] = Math.min(...rounds);
    console.log(
      `${name}  ${String(size).padStart(7)} blocks  ${figures[size].toFixed(0).padStart(4)} ns a look-up  built in ${built.toFixed(0)} ms`,
    );
  }
  console.log(`${name}  100,000 blocks cost ${(figures[100_000] / figures[100]).toFixed(2)} × what 100 cost`);
  worst = Math.max(worst, figures[100_000]);
}
console.log(`slowest ${worst.toFixed(0)} ns; the goal is ${goal} ns`);
process.exitCode = worst <= goal ? 0 : 1;
