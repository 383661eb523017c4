// Prints nanoseconds per request with an API key among 10 and among 100,000 of a file: a right one, a wrong one with the
// checksum that belongs to it, a mistyped one, and one of another form; beside one bare SHA-256 of the same keys.
// Usage: npm run -s build && node test/bench/api-keys.mjs
//
// Each figure is processor time: the least of 15 rounds over 65,536 distinct keys in random order. What a busy machine adds is
// not in it.
import crypto from "node:crypto";
import { join } from "node:path";
import { createFileKeys } from "../../dist/runtime/identity/api-key/file-keys.js";
import { makeKey } from "../../dist/runtime/identity/api-key/key-changes.js";
import { writeKeyFile } from "../../dist/runtime/identity/api-key/key-entry.js";
import { KeyForm } from "../../dist/runtime/identity/api-key/key-text.js";
import { clock } from "../../dist/runtime/life/clock.js";
import { scratch, writeFiles } from "./support.mjs";

const asked = 65_536;
const rounds = 15;
const goal = 1_000;

/** As sockets give it: no text that V8 has put together from pieces. */
const flat = (text) => Buffer.from(text, "latin1").toString("latin1");

function leastOf(work) {
  const times = Array.from({ length: rounds }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1_000) / asked;
  });
  return Math.min(...times);
}

const end = new AbortController();
const life = { clock, log: { write() {} }, signal: end.signal, every: () => ({ soon() {}, stop() {} }) };

async function schemeWith(size) {
  const made = Array.from({ length: size }, (_, index) => makeKey("shop", { consumer: `consumer${index % 1000}` }, clock.wall()));
  const text = writeKeyFile({ prefix: "shop", keys: made.map(({ entry }) => entry) });
  const folder = writeFiles(scratch(), { "keys.json": text });
  const place = { name: "partnerKey", in: "header", parameter: "x-api-key", challenge: "ApiKey", forward: "none" };
  const scheme = createFileKeys({ ...place, file: join(folder, "keys.json") });
  const begun = performance.now();
  await scheme.start(life);
  console.log(
    `${size.toLocaleString("en")} keys: ${(text.length / 2 ** 20).toFixed(1)} MiB, read in ${(performance.now() - begun).toFixed(0)} ms`,
  );
  return { scheme, keys: made.map(({ key }) => key) };
}

let worst = 0;
const figures = {};
for (const size of [10, 100_000]) {
  const { scheme, keys } = await schemeWith(size);
  const any = () => keys[crypto.randomInt(keys.length)];
  const kinds = {
    right: () => any(),
    wrong: () => new KeyForm().newKey("shop"),
    mistyped: () => `${any().slice(0, -1)}!`,
    "of another form": () => crypto.randomBytes(30).toString("base64url"),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const texts = Array.from({ length: asked }, () => flat(make()));
    const fields = texts.map((text) => ({ headers: { single: () => text }, query: "" }));
    let accepted = 0;
    const time = leastOf(() => {
      for (const x of fields) if (scheme.authenticate(x).subject !== undefined) accepted++;
    });
    if (accepted !== (kind === "right" ? asked * rounds : 0)) throw new Error(`${kind}: ${accepted} were accepted`);
    let hashed = 0;
    const bare = leastOf(() => {
      for (const text of texts) hashed += crypto.hash("sha256", text, "base64url").length;
    });
    if (hashed !== asked * rounds * 43) throw new Error("that is no SHA-256");
    figures[`${size} ${kind}`] = time;
    worst = Math.max(worst, time);
    console.log(
      `  ${kind.padEnd(16)} ${time.toFixed(0).padStart(5)} ns, ${(time / bare).toFixed(2)} × one SHA-256 (${bare.toFixed(0)} ns)`,
    );
  }
}
end.abort();
console.log(`a wrong key of 100,000 costs ${(figures["100000 wrong"] / figures["100000 right"]).toFixed(2)} × a right one`);
console.log(`worst ${worst.toFixed(0)} ns; the goal is ${goal} ns`);
process.exitCode = worst <= goal ? 0 : 1;
